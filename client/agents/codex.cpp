// Codex (npm @openai/codex, 0.169), and how it runs without leaving anything behind.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "client/agents/launch_parts.hpp"

namespace eph {
namespace {

std::string toml(std::string_view text) { return nlohmann::json(text).dump(); }  // TOML has JSON's strings, too

// Its own approvals and sandbox as it has them for a directory that is trusted: what a person leaves to it on a host is
// not looked up there. Without daemon_auto_start = false a daemon outlives the session with the token in its
// environment.
std::string config(const AgentOptions& options, const LaunchPlace& place) {
    std::string text = "model_provider = \"eph\"\ncheck_for_update_on_startup = false\n";
    if (starts_at_home(place)) text += "approval_policy = \"on-request\"\nsandbox_mode = \"workspace-write\"\n";
    if (options.thinking)
        text +=
            fmt::format("model_reasoning_effort = {}\n", toml(*options.thinking == "off" ? "none" : *options.thinking));
    text += fmt::format(
        "[model_providers.eph]\nname = \"eph\"\nbase_url = {}\nenv_key = \"{}\"\nwire_api = \"responses\"\n"
        "supports_websockets = false\n[history]\npersistence = \"none\"\n[analytics]\nenabled = false\n"
        "[shell_environment_policy]\nexclude = [\"{}\"]\n[features]\ndaemon_auto_start = false\n",
        toml(base_url_of(options, place)), token_variable, token_variable);
    return text;
}

// A skill, since the first prompt comes from the argv alone, and names a skill as $NAME to have all of it read.
constexpr std::string_view skill = "---\nname: eph-task\ndescription: The task of this session.\n---\n";

}  // namespace

AgentLaunch codex_launch(const AgentOptions& options, const LaunchPlace& place) {
    const std::string settings = config(options, place);
    AgentLaunch launch = plain_launch({.name = "Codex", .executable = "codex", .bundle = node_versions, .screen = true},
                                      options, place, "npm install -g @openai/codex");
    launch.environment.emplace_back("CODEX_HOME", place.directory + "/config");
    launch.withheld = {"OPENAI_API_KEY", "CODEX_API_KEY", "CODEX_ACCESS_TOKEN"};
    launch.files = {{"config/config.toml", settings}};
    std::vector<std::string>& words = launch.arguments;
    if (!place.interactive) words.insert(words.end(), {"exec", "--skip-git-repo-check", "--ephemeral"});
    if (options.model) words.insert(words.end(), {"--model", *options.model});
    if (!place.interactive) words.push_back("-");
    if (place.interactive && options.task) {
        put_task_in_file(launch, "config/skills/eph-task/SKILL.md", std::string{skill});
        words.push_back("Do $eph-task");
    }
    return launch;
}

}  // namespace eph
