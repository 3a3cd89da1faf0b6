// Claude Code (npm @anthropic-ai/claude-code, 2.1), and how it runs without leaving anything behind.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "client/agents/launch_parts.hpp"

namespace eph {
namespace {

using Json = nlohmann::json;

// A helper, since it asks in a terminal whether it may use a key that it finds in ANTHROPIC_API_KEY. It sends what the
// helper says as both kinds of credential. Without the second line it registers itself for links in ~/.local/share.
std::string settings() {
    return Json{{"apiKeyHelper", fmt::format("printf %s \"${}\"", token_variable)},
                {"disableDeepLinkRegistration", "disable"}}
        .dump();
}

// What it would ask a newcomer. On a host it starts at home, where it would ask at each start whether to trust that.
std::string state(const LaunchPlace& place) {
    Json known = {{"hasCompletedOnboarding", true}, {"theme", "dark"}};
    if (starts_at_home(place)) known["projects"][std::string{here_placeholder}]["hasTrustDialogAccepted"] = true;
    return known.dump();
}

}  // namespace

AgentLaunch claude_launch(const AgentOptions& options, const LaunchPlace& place) {
    const std::string base_url = base_url_of(options, place);
    AgentLaunch launch = plain_launch({.name = "Claude Code",
                                       .executable = "claude",
                                       .bundle = node_versions,
                                       .places = {".claude/local"},
                                       .screen = true},
                                      options, place, "curl -fsSL https://claude.ai/install.sh | bash");
    launch.environment.insert(launch.environment.end(), {{"CLAUDE_CONFIG_DIR", place.directory + "/config"},
                                                         {"CLAUDE_CODE_TMPDIR", place.directory + "/tmp"},
                                                         {"ANTHROPIC_BASE_URL", base_url},
                                                         {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"},
                                                         {"DISABLE_TELEMETRY", "1"},
                                                         {"DISABLE_ERROR_REPORTING", "1"},
                                                         {"DISABLE_AUTOUPDATER", "1"}});
    launch.withheld = {"ANTHROPIC_API_KEY",       "ANTHROPIC_AUTH_TOKEN",   "CLAUDE_CODE_OAUTH_TOKEN",
                       "CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY"};
    launch.files = {{"config/settings.json", settings()}, {"config/.claude.json", state(place)}};
    std::vector<std::string>& words = launch.arguments;
    if (starts_at_home(place)) words.insert(words.end(), {"--setting-sources", "user"});
    if (options.model) words.insert(words.end(), {"--model", *options.model});
    if (options.thinking) words.insert(words.end(), {"--effort", *options.thinking});
    if (!place.interactive) words.insert(words.end(), {"-p", "--no-session-persistence"});
    if (place.interactive && options.task) {  // of which it takes the first one from its argv alone
        put_task_in_file(launch, "prompt/task.md");
        words.push_back(fmt::format("Do the task in @{}/prompt/task.md", place.directory));
    }
    return launch;
}

}  // namespace eph
