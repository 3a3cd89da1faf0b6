// Gemini CLI (npm @google/gemini-cli, 0.61), and how it runs without leaving anything behind.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "client/agents/launch_parts.hpp"

namespace eph {
namespace {

using Json = nlohmann::json;

// Its settings for the directory where it starts come before these, unless that directory is not trusted: at home they
// are the person's own, and a login there would take the place of the token. But a directory that is not trusted ends
// it in print mode, unless it is told not to look.
bool unasked(const LaunchPlace& place) { return starts_at_home(place) || !place.interactive; }

std::string settings(const LaunchPlace& place) {
    Json all = {{"security", {{"auth", {{"selectedType", "gemini-api-key"}}}}},
                {"privacy", {{"usageStatisticsEnabled", false}}},
                {"telemetry", {{"enabled", false}}},
                {"general", {{"enableAutoUpdate", false}, {"enableAutoUpdateNotification", false}}},
                {"ui", {{"showHomeDirectoryWarning", false}}}};
    if (unasked(place)) all["security"]["folderTrust"]["enabled"] = false;
    return all.dump();
}

}  // namespace

AgentLaunch gemini_launch(const AgentOptions& options, const LaunchPlace& place) {
    const std::string base_url = base_url_of(options, place);
    AgentLaunch launch =
        plain_launch({.name = "Gemini CLI", .executable = "gemini", .bundle = node_versions, .screen = true}, options,
                     place, "npm install -g @google/gemini-cli");
    launch.key_variable = "GEMINI_API_KEY";
    launch.environment.insert(launch.environment.end(),
                              {{"GEMINI_CLI_HOME", place.directory + "/config"},
                               {"GOOGLE_GEMINI_BASE_URL", base_url},
                               {"GEMINI_CLI_NO_RELAUNCH", "true"},  // else parent and child survive a hang-up
                               {"GEMINI_TELEMETRY_ENABLED", "false"}});
    if (unasked(place)) launch.environment.emplace_back("GEMINI_CLI_TRUST_WORKSPACE", "false");
    launch.withheld = {"GOOGLE_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_GCA"};
    launch.files = {{"config/.gemini/settings.json", settings(place)}};
    std::vector<std::string>& words = launch.arguments;
    if (options.model) words.insert(words.end(), {"--model", *options.model});
    if (place.interactive && options.task) {  // of which it takes the first one from its argv alone
        put_task_in_file(launch, "prompt/task.md");
        words.insert(words.end(), {"--include-directories", place.directory + "/prompt", "--prompt-interactive",
                                   fmt::format("Do the task in @{}/prompt/task.md", place.directory)});
    }
    return launch;
}

}  // namespace eph
