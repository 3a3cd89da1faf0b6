// The table of agents: what each is given, and what it must not be given.
#include "client/agents/agents.hpp"

#include <nlohmann/json.hpp>

#include "common/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"

using namespace eph;
using namespace eph::test;
using Json = nlohmann::json;

namespace {

const std::string secret_task = "the task, which nobody else on the host may read";

LaunchPlace on_host(bool interactive) {
    LaunchPlace place;
    place.directory = "/tmp/eph-x";
    place.host = "web";
    place.interactive = interactive;
    return place;
}

AgentLaunch launch_of(const AgentKind& kind, const LaunchPlace& place, std::optional<std::string> task = secret_task) {
    AgentOptions options{.provider = std::string{kind.provider}};
    options.task = std::move(task);
    return launch_agent(kind, options, place);
}

std::string content(const AgentLaunch& launch, const std::string& path) {
    for (const RemoteFile& file : launch.files) {
        if (file.path == path) return file.content;
    }
    FAIL("there is no file " << path);
    return "";
}

std::string value(const AgentLaunch& launch, const std::string& name) {
    for (const auto& [each, text] : launch.environment) {
        if (each == name) return text;
    }
    FAIL("there is no variable " << name);
    return "";
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

}  // namespace

TEST_CASE("the task of an agent stands in no argv and in no variable, and reaches it by stdin or in a file") {
    for (const AgentKind& kind : agent_kinds()) {
        for (const bool interactive : {false, true}) {
            INFO(kind.name << (interactive ? " in a terminal" : " without one"));
            const AgentLaunch launch = launch_of(kind, on_host(interactive));
            for (const std::string& word : launch.arguments) CHECK(word.find(secret_task) == word.npos);
            for (const auto& [name, text] : launch.environment) CHECK(text.find(secret_task) == text.npos);
            int found = launch.task == secret_task ? 1 : 0;
            for (const RemoteFile& file : launch.files) {
                if (file.content.find(secret_task) == file.content.npos) continue;
                CHECK(file.verbatim);
                ++found;
            }
            CHECK(found == 1);
        }
    }
}

TEST_CASE("what an agent writes, it writes into the session's directory") {
    for (const AgentKind& kind : agent_kinds()) {
        INFO(kind.name);
        const AgentLaunch launch = launch_of(kind, on_host(true), std::nullopt);
        CHECK(value(launch, "TMPDIR") == "/tmp/eph-x/tmp");
        for (const auto& [name, text] : launch.environment) {
            INFO(name << "=" << text);
            CHECK((!text.starts_with("/") || text.starts_with("/tmp/eph-x/")));
            CHECK(name != "HOME");
        }
    }
}

TEST_CASE("each agent is told where the provider is, the broker or the provider itself") {
    struct Row {
        std::string agent, broker, own;
        std::string (*told)(const AgentLaunch&);
    };
    const auto codex = [](const AgentLaunch& launch) { return content(launch, "config/config.toml"); };
    const auto opencode = [](const AgentLaunch& launch) { return content(launch, "config/opencode.json"); };
    const std::vector<Row> rows = {
        {"claude", "http://127.0.0.1:@EPH_PORT@/anthropic", "https://api.anthropic.com",
         [](const AgentLaunch& launch) { return value(launch, "ANTHROPIC_BASE_URL"); }},
        {"codex", "http://127.0.0.1:@EPH_PORT@/openai/v1", "https://api.openai.com/v1", codex},
        {"opencode", "http://127.0.0.1:@EPH_PORT@/openai/v1", "https://api.openai.com/v1", opencode},
        {"gemini", "http://127.0.0.1:@EPH_PORT@/google", "https://generativelanguage.googleapis.com",
         [](const AgentLaunch& launch) { return value(launch, "GOOGLE_GEMINI_BASE_URL"); }},
    };
    for (const Row& row : rows) {
        INFO(row.agent);
        LaunchPlace place = on_host(false);
        CHECK_THAT(row.told(launch_of(agent_kind(row.agent), place)), Catch::Matchers::Contains(row.own));
        place.base_url = row.broker;
        const std::string told = row.told(launch_of(agent_kind(row.agent), place));
        CHECK_THAT(told, Catch::Matchers::Contains(row.broker));
        CHECK(told.find(row.own) == told.npos);
    }
}

TEST_CASE("on a host an agent does not read the settings of its namesake there, on this machine it asks as ever") {
    const LaunchPlace there = on_host(true);
    LaunchPlace here = there;
    here.host = "";
    CHECK_THAT(joined(launch_of(agent_kind("claude"), there).arguments),
               Catch::Matchers::StartsWith("--setting-sources user "));
    CHECK(joined(launch_of(agent_kind("claude"), here).arguments) == "Do the task in @/tmp/eph-x/prompt/task.md");
    CHECK_THAT(content(launch_of(agent_kind("claude"), there), "config/.claude.json"),
               Catch::Matchers::Contains(std::string{here_placeholder}));
    CHECK(value(launch_of(agent_kind("gemini"), there), "GEMINI_CLI_TRUST_WORKSPACE") == "false");
    CHECK_FALSE(Json::parse(content(launch_of(agent_kind("gemini"), here), "config/.gemini/settings.json"))
                    .at("security")
                    .contains("folderTrust"));
    CHECK(value(launch_of(agent_kind("opencode"), there), "OPENCODE_DISABLE_PROJECT_CONFIG") == "1");
    CHECK_THAT(content(launch_of(agent_kind("codex"), there), "config/config.toml"),
               Catch::Matchers::Contains("trust_level = \"trusted\""));
    CHECK_THAT(content(launch_of(agent_kind("codex"), on_host(false)), "config/config.toml"),
               Catch::Matchers::Contains("trust_level = \"untrusted\""));
    const std::string local = content(launch_of(agent_kind("codex"), here), "config/config.toml");
    CHECK(local.find("approval_policy") == local.npos);
    CHECK(local.find("trust_level") == local.npos);
}

TEST_CASE("opencode gets its own spelling of each provider's URL, and a model where it knows none") {
    const auto url = [](const std::string& provider, std::optional<std::string> model = {}) {
        AgentOptions options{.provider = provider};
        options.model = std::move(model);
        LaunchPlace place = on_host(false);
        place.base_url = "http://127.0.0.1:1/" + provider;
        const AgentLaunch launch = launch_agent(agent_kind("opencode"), options, place);
        const Json config = Json::parse(content(launch, "config/opencode.json"));
        CHECK(config.at("enabled_providers") == Json::array({provider}));
        return config.at("provider").at(provider).at("options").at("baseURL").get<std::string>();
    };
    CHECK(url("anthropic") == "http://127.0.0.1:1/anthropic/v1");
    CHECK(url("google") == "http://127.0.0.1:1/google/v1beta");
    CHECK(url("mistral") == "http://127.0.0.1:1/mistral");
    CHECK(url("ollama", "llama4") == "http://127.0.0.1:1/ollama");
    CHECK(error_of([&] { url("ollama"); }).message() == "opencode knows no models of ollama");
}

TEST_CASE("an agent is refused a provider whose API it does not speak, and a level of thinking that it has not") {
    const AgentKind& claude = agent_kind("claude");
    CHECK(error_of([&] { check_provider(claude, "openai"); }).message() ==
          "Claude Code cannot work with OpenAI: it speaks anthropic's API alone");
    check_provider(claude, "anthropic");
    check_provider(claude, "mylab");  // ephd knows it, perhaps
    LaunchPlace place = on_host(false);
    place.base_url = "http://127.0.0.1:1/mylab";
    place.family = ApiFamily::openai;
    CHECK_THROWS_AS(launch_agent(claude, {.provider = "mylab"}, place), Error);
    place.family = ApiFamily::anthropic;
    CHECK(value(launch_agent(claude, {.provider = "mylab"}, place), "ANTHROPIC_BASE_URL") == *place.base_url);

    CHECK(error_of([&] { check_level(claude, "off"); }).hint() == "Levels: low, medium, high, xhigh, max.");
    CHECK_THROWS_AS(check_level(claude, "low medium"), Error);
    CHECK_THROWS_AS(check_level(claude, ""), Error);
    CHECK_THROWS_AS(check_level(agent_kind("gemini"), "low"), Error);
    for (const AgentKind& kind : agent_kinds()) check_level(kind, std::nullopt);
    CHECK(error_of([] { agent_kind("clod"); }).message() == "the agent 'clod' is not known");
}

TEST_CASE("the level of thinking and the model reach each agent in its own words") {
    const auto launch = [](const std::string& agent, const std::string& level) {
        AgentOptions options{.provider = std::string{agent_kind(agent).provider}};
        options.model = "m-1";
        options.thinking = level;
        return launch_agent(agent_kind(agent), options, on_host(false));
    };
    CHECK_THAT(joined(launch("claude", "max").arguments), Catch::Matchers::Contains("--model m-1 --effort max"));
    CHECK_THAT(joined(launch("codex", "off").arguments), Catch::Matchers::Contains("--model m-1"));
    CHECK_THAT(content(launch("codex", "off"), "config/config.toml"),
               Catch::Matchers::Contains("model_reasoning_effort = \"none\""));
}
