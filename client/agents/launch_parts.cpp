// Puts the common parts together.
#include "client/agents/launch_parts.hpp"

#include <fmt/format.h>

#include "common/text.hpp"

namespace eph {

AgentLaunch plain_launch(AgentRow row, const AgentOptions& options, const LaunchPlace& place,
                         std::string install_hint) {
    AgentLaunch launch{
        .agent = std::move(row),
        .path = options.path,
        .arguments = {},
        .environment = {{"TMPDIR", place.directory + "/tmp"}, {"NODE_DISABLE_COMPILE_CACHE", "1"}},
        .key_variable = std::string{token_variable},
        .directories = {"config", "tmp"},
        .files = {},
        .task = options.task,
        .task_by = TaskBy::stream,
    };
    launch.sought = options.path ? printable(*options.path, 200) : launch.agent.name;
    if (!options.path)
        launch.install_hint = fmt::format("Install it {}with: {}", place.host.empty() ? "" : "there ", install_hint);
    return launch;
}

std::string base_url_of(const AgentOptions& options, const LaunchPlace& place) {
    return place.base_url ? *place.base_url : std::string{provider_row(options.provider).base_url};
}

void put_task_in_file(AgentLaunch& launch, const std::string& path, const std::string& head) {
    launch.files.push_back({path, head + *launch.task, true});
    launch.task.reset();
}

}  // namespace eph
