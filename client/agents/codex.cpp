// Codex (npm @openai/codex, 0.169), and how it runs without leaving anything behind.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "client/agents/launch_parts.hpp"

namespace eph {
namespace {

std::string toml(std::string_view text) { return nlohmann::json(text).dump(); }  // TOML has JSON's strings, too

// Without daemon_auto_start = false a daemon outlives the session with the token in its environment.
// At home, where a namesake has its settings: trusted on a screen, or it asks first whether to open that directory, and
// does not begin; then it reads them, but for where its provider is. In print mode it need not read them.
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
    if (starts_at_home(place))
        text += fmt::format("[projects.\"{}\"]\ntrust_level = \"{}\"\n", here_placeholder,
                            place.interactive ? "trusted" : "untrusted");
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
    if (place.interactive && starts_at_home(place))  // whatever those settings say
        words.insert(words.end(), {"--ask-for-approval", "on-request", "--sandbox", "workspace-write"});
    if (options.model) words.insert(words.end(), {"--model", *options.model});
    if (!place.interactive) words.push_back("-");
    if (place.interactive && options.task) {
        put_task_in_file(launch, "config/skills/eph-task/SKILL.md", std::string{skill});
        words.push_back("Do $eph-task");
    }
    return launch;
}

}  // namespace eph
