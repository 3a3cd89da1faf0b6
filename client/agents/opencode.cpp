// opencode (npm opencode-ai, 1.18), and how it runs without leaving anything behind.
#include <fmt/format.h>
#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "client/agents/launch_parts.hpp"
#include "common/error.hpp"

namespace eph {
namespace {

using Json = nlohmann::json;

// Its names of those providers whose models it knows, and what its base URL has behind eph's.
struct Known {
    std::string_view provider;
    std::string_view url_end;
};
constexpr std::array known_providers{Known{"openai", ""},     Known{"anthropic", "/v1"}, Known{"google", "/v1beta"},
                                     Known{"openrouter", ""}, Known{"xai", ""},          Known{"mistral", ""},
                                     Known{"groq", ""},       Known{"deepseek", ""}};

const Known* known(const std::string& provider) {
    const auto found = std::find_if(known_providers.begin(), known_providers.end(),
                                    [&](const Known& each) { return each.provider == provider; });
    return found == known_providers.end() ? nullptr : &*found;
}

// One provider and no other, whatever else the host has credentials for.
std::string config(const AgentOptions& options, const LaunchPlace& place) {
    const Known* row = known(options.provider);
    const std::string url_end{row != nullptr ? row->url_end : ""};
    const std::string key = fmt::format("{{env:{}}}", token_variable);
    Json provider = {{"options", {{"baseURL", base_url_of(options, place) + url_end}, {"apiKey", key}}}};
    if (row == nullptr) {
        if (!options.model)
            throw Error{Code::usage, "opencode knows no models of {}", options.provider}.hint("Name one: --model NAME");
        provider["npm"] = "@ai-sdk/openai-compatible";
        provider["name"] = options.provider;
        provider["models"][*options.model] = Json::object();
    }
    return Json{{"autoupdate", false},
                {"share", "disabled"},
                {"enabled_providers", {options.provider}},
                {"provider", {{options.provider, provider}}}}
        .dump();
}

// With these and a directory node_modules it believes to have its package for plugins, of which there are none; else it
// fetches that at each start.
constexpr std::string_view lock = R"({"packages": {"": {"dependencies": {"@opencode-ai/plugin": "*"}}}})";

}  // namespace

// OPENCODE_TEST_HOME: ~/.opencode, where its installer puts it, is a directory of settings to it, too, in which it
// would install npm packages. Its tools get the same XDG directories, since it has no variables of its own for them.
AgentLaunch opencode_launch(const AgentOptions& options, const LaunchPlace& place) {
    const std::string settings = config(options, place);
    const std::string& directory = place.directory;
    AgentLaunch launch = plain_launch({.name = "opencode",
                                       .executable = "opencode",
                                       .bundle = node_versions,
                                       .places = {".opencode/bin"},
                                       .screen = true},
                                      options, place, "curl -fsSL https://opencode.ai/install | bash");
    launch.environment.insert(launch.environment.end(), {{"OPENCODE_CONFIG", directory + "/config/opencode.json"},
                                                         {"OPENCODE_TEST_HOME", directory + "/home"},
                                                         {"XDG_CONFIG_HOME", directory + "/xdg/config"},
                                                         {"XDG_DATA_HOME", directory + "/xdg/data"},
                                                         {"XDG_STATE_HOME", directory + "/xdg/state"},
                                                         {"XDG_CACHE_HOME", directory + "/xdg/cache"},
                                                         {"npm_config_cache", directory + "/npm"},
                                                         {"OPENCODE_DISABLE_AUTOUPDATE", "1"},
                                                         {"OPENCODE_DISABLE_MODELS_FETCH", "1"},
                                                         {"OPENCODE_DISABLE_LSP_DOWNLOAD", "1"},
                                                         {"OPENCODE_DISABLE_DEFAULT_PLUGINS", "1"},
                                                         {"OPENCODE_DISABLE_SHARE", "1"}});
    if (starts_at_home(place)) launch.environment.emplace_back("OPENCODE_DISABLE_PROJECT_CONFIG", "1");
    launch.withheld = {"OPENCODE_CONFIG_CONTENT", "OPENCODE_CONFIG_DIR", "OPENCODE_AUTH_CONTENT"};
    launch.directories.insert(launch.directories.end(), {"home", "npm", "xdg/config/opencode/node_modules", "xdg/data",
                                                         "xdg/state", "xdg/cache"});
    launch.files = {{"config/opencode.json", settings}, {"xdg/config/opencode/package-lock.json", std::string{lock}}};
    std::vector<std::string>& words = launch.arguments;
    if (!place.interactive) words.push_back("run");
    if (options.model) words.insert(words.end(), {"--model", options.provider + "/" + *options.model});
    return launch;  // its screen, too, takes the task from stdin, and the keys from the terminal
}

}  // namespace eph
