// Pi (npm @earendil-works/pi-coding-agent, 0.74 and later): its row, and how it runs without leaving anything behind.
#include <nlohmann/json.hpp>

#include "client/agents/agent.hpp"
#include "common/error.hpp"

namespace eph {
namespace {

struct KeyVariable {
    std::string_view provider, variable;
};

constexpr KeyVariable key_variables[] = {
    {"openai", "OPENAI_API_KEY"},
    {"openrouter", "OPENROUTER_API_KEY"},
    {"anthropic", "ANTHROPIC_API_KEY"},
};

std::string key_variable(std::string_view provider) {
    for (const KeyVariable& row : key_variables) {
        if (row.provider == provider) return std::string(row.variable);
    }
    throw Error{Code::usage, "Pi has no provider named {} that eph can make keys for", provider}.hint(
        "Known are openai, openrouter and anthropic.");
}

// Pi ignores OPENAI_BASE_URL; this keeps its built-in models and, without an apiKey, the key from the environment.
RemoteFile models_json(const std::string& provider, const std::string& base_url) {
    const nlohmann::json models = {{"providers", {{provider, {{"baseUrl", base_url}}}}}};
    return {"config/models.json", models.dump()};
}

// Sends the task as it is, without Pi's expansion of /templates, as soon as the screen is there, and deletes its file.
constexpr std::string_view task_extension = R"ts(import { readFileSync, unlinkSync } from "node:fs";

export default (pi: any) => {
  pi.on("session_start", (_event: any, ctx: any) => {
    const file = process.env.EPH_TASK_FILE;
    if (!file || !ctx.hasUI) return;
    delete process.env.EPH_TASK_FILE;
    const task = readFileSync(file, "utf8");
    unlinkSync(file);
    pi.sendUserMessage(task);
  });
};
)ts";

}  // namespace

const AgentRow pi_row{
    .name = "Pi",
    .executable = "pi",
    .bundle = ".local/share/pi-node",
    .install_hint = "Install it there with: curl -fsSL https://pi.dev/install.sh | sh",
};

AgentLaunch pi_launch(const PiOptions& options) {
    const std::string& directory = options.directory;
    AgentLaunch launch{
        .agent = &pi_row,
        .arguments = {"--no-session", "--provider", options.provider},
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
        .key_variable = key_variable(options.provider),
        .directories = {"config", "sessions", "tmp"},
        .files = {},
        .task = options.task,
        .task_by = options.interactive ? TaskBy::file : TaskBy::stream,
    };
    if (options.model) launch.arguments.insert(launch.arguments.end(), {"--model", *options.model});
    if (options.thinking) launch.arguments.insert(launch.arguments.end(), {"--thinking", *options.thinking});
    if (!options.interactive) launch.arguments.push_back("-p");
    if (options.base_url) launch.files.push_back(models_json(options.provider, *options.base_url));
    if (options.interactive && options.task) {
        launch.files.push_back({"config/extensions/eph-task.ts", std::string(task_extension)});
    }
    return launch;
}

}  // namespace eph
