// Pi's arguments, settings and files.
#include "client/agents/pi.hpp"

#include "client/agents/pi_models.hpp"
#include "common/error.hpp"
#include "common/text.hpp"
#include "pi_extension.hpp"

namespace eph {
namespace {

std::string install_hint(const LaunchPlace& place, bool npx) {
    if (npx && place.host.empty()) return "Install Node.js, which has it, or Pi itself: see pi.dev.";
    if (npx) return "Install Pi there with: eph install-pi " + place.host;
    if (place.host.empty()) return "Install it with: curl -fsSL https://pi.dev/install.sh | sh, or use --npx.";
    return fmt::format("Install it there with: eph install-pi {}, or run it without installing it: --npx", place.host);
}

// npm's cache is where npx puts what it fetches; its logs lie in it unless the host's npmrc says otherwise.
void run_by_npx(AgentLaunch& launch, const std::string& version, const LaunchPlace& place) {
    launch.agent.executable = "npx";
    const std::string package = "@earendil-works/pi-coding-agent" + (version.empty() ? "" : '@' + version);
    launch.arguments = {"--yes", "--package=" + package, "--", "pi"};
    launch.directories.insert(launch.directories.end(), {"npm", "npm/logs"});
    launch.environment.insert(launch.environment.end(), {{"npm_config_cache", place.directory + "/npm"},
                                                         {"npm_config_logs_dir", place.directory + "/npm/logs"},
                                                         {"npm_config_update_notifier", "false"},
                                                         {"npm_config_fund", "false"},
                                                         {"npm_config_audit", "false"}});
}

}  // namespace

AgentLaunch pi_launch(const PiOptions& options, const LaunchPlace& place) {
    const std::string& directory = place.directory;
    // Both may throw; not within an aggregate: g++ 12.
    const std::string key_variable = variable_of(options.provider, place);
    const std::optional<RemoteFile> models = pi_models(options.provider, options.model, place);
    AgentLaunch launch{
        .agent = {.name = "Pi", .executable = "pi", .bundle = ".local/share/pi-node", .screen = true},
        .path = options.path,
        .sought = options.path  ? printable(*options.path, 200)
                  : options.npx ? "npx"
                                : "Pi",
        .install_hint = options.path ? "" : install_hint(place, options.npx.has_value()),
        .arguments = {},
        .environment =
            {
                {"PI_CODING_AGENT_DIR", directory + "/config"},  // keeps the host's own auth.json out, too
                {"PI_CODING_AGENT_SESSION_DIR", directory + "/sessions"},
                {"PI_TELEMETRY", "0"},
                {"PI_SKIP_VERSION_CHECK", "1"},
                {"PI_OFFLINE", "1"},  // else each session downloads fd and ripgrep into a directory that is thrown away
                {"NODE_DISABLE_COMPILE_CACHE", "1"},
                {"TMPDIR", directory + "/tmp"},
            },
        .key_variable = key_variable,
        .directories = {"config", "sessions", "tmp"},
        .files = {},
        .task = options.task,
        .task_by = place.interactive ? TaskBy::file : TaskBy::stream,
        .shows_status = place.interactive,
    };
    if (options.npx) run_by_npx(launch, *options.npx, place);
    std::vector<std::string>& words = launch.arguments;
    words.insert(words.end(), {"--no-session", "--provider", options.provider});
    if (options.model) words.insert(words.end(), {"--model", *options.model});
    if (options.thinking) words.insert(words.end(), {"--thinking", *options.thinking});
    if (!place.interactive) words.push_back("-p");
    if (models) launch.files.push_back(*models);
    if (place.interactive) launch.files.push_back({"config/extensions/eph.ts", std::string{pi_extension_text}});
    return launch;
}

}  // namespace eph
