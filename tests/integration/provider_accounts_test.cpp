// Accounts at providers where eph makes no keys: set up, shown, checked, used by nobody else, removed.
#include "tests/integration/support/person.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

struct Fixture : Person {
    Fixture() { start_daemon(); }

    std::string root() const {  // of the provider, where Anthropic's and Google's paths begin
        const std::string url = sim.base_url();
        return url.substr(0, url.size() - 3);
    }
    Finished set_up_at(const std::string& provider, std::vector<std::string> options,
                       const std::string& input = std::string{api_key} + "\n") const {
        const bool versioned = provider != "anthropic" && provider != "google";
        std::vector<std::string> words{"auth",   "setup",      "--provider",
                                       provider, "--base-url", versioned ? sim.base_url() : root()};
        words.insert(words.end(), options.begin(), options.end());
        return eph(std::move(words), input);
    }
    Json last_request() { return sim.requests().back(); }
};

std::string header(const Json& request, const std::string& name) {
    for (const auto& [key, value] : request.at("headers").items()) {
        if (key == name) return value;
    }
    return {};
}

}  // namespace

TEST_CASE_METHOD(Fixture,
                 "an account at a provider that makes no keys takes one line, and is checked with one small call") {
    const Finished end = set_up_at("anthropic", {"--store", "file"});
    INFO(end.err);
    REQUIRE(end.status == 0);
    CHECK_THAT(end.err, Contains(" works at Anthropic and is stored in " + home.config().string() + " (mode 0600)"));
    REQUIRE(sim.requests().size() == 1);
    const Json call = last_request();
    CHECK(call.at("method") == "GET");
    CHECK(call.at("path") == "/v1/models");
    CHECK(call.at("credential_kind") == "x-api-key");
    CHECK(call.dump().find("anthropic-version") != std::string::npos);
    CHECK(call.dump().find("Bearer") == std::string::npos);
    const Json stored = Json::parse(configuration()).at("anthropic");
    CHECK(stored.at("api_key") == api_key);
    CHECK(stored.at("base_url") == root());
    CHECK_FALSE(stored.contains("project_id"));

    const Json account = ephd->get("/v1/accounts/anthropic");
    CHECK(account.at("title") == "Anthropic");
    CHECK(account.at("family") == "anthropic");
    CHECK(account.at("key_variable") == "ANTHROPIC_API_KEY");
    CHECK(account.at("base_path") == "");
    CHECK(account.at("makes_keys") == false);
    CHECK(account.at("via") == "broker");
    CHECK(account.at("custom") == true);
    CHECK(account.dump().find(api_key) == std::string::npos);
}

TEST_CASE_METHOD(Fixture, "each provider's key goes out in the header that it wants") {
    const std::pair<const char*, const char*> table[] = {
        {"google", "/v1beta/models"}, {"groq", "/v1/models"}, {"openrouter", "/v1/key"}};
    for (const auto& [provider, path] : table) {
        const Finished end = set_up_at(provider, {"--store", "file"});
        INFO(end.err);
        REQUIRE(end.status == 0);
        CHECK(last_request().at("path") == path);
        CHECK(last_request().at("credential_kind") ==
              (std::string_view{provider} == "google" ? "x-goog-api-key" : "bearer"));
    }
    CHECK(eph({"auth", "setup", "--provider", "gemini", "--base-url", root() + "/v1beta"}, "AIza-wrong\n").status ==
          125);
    CHECK(last_request().at("path") == "/v1beta/models");
    CHECK_THAT(set_up_at("google", {}, "AIza-wrong\n").err,
               Contains("Google Gemini does not accept the API key: API key not valid."));
    CHECK_THAT(set_up_at("groq", {}, "gsk_wrong\n").err,
               Contains("Groq does not accept the API key: Incorrect API key"));
}

TEST_CASE_METHOD(Fixture,
                 "what cannot be an API key is refused before it goes anywhere, and what is none by the provider") {
    const std::pair<const char*, const char*> table[] = {
        {"sk-ant-admin01-x", "is an Anthropic admin key"},
        {"sk-ant-oat01-x", "is a token of a Claude subscription"},
        {"sk-admin-x", "is an OpenAI admin key"},
        {"sk ant", "holds white space"},
    };
    for (const auto& [key, what] : table) {
        const Finished end = set_up_at("anthropic", {}, std::string{key} + "\n");
        CHECK(end.status == 64);
        CHECK_THAT(end.err, StartsWith(std::string{"eph: what was given as the API key "} + what + "\n"));
        CHECK_THAT(end.err, Contains("console.anthropic.com") || Contains("Copy it again"));
        CHECK(end.err.find(key) == std::string::npos);
    }
    const Finished other = eph({"auth", "setup", "--provider", "anthropic"}, "gsk_x\n");  // at Anthropic itself
    CHECK_THAT(other.err, StartsWith("eph: what was given as the API key is a Groq key\n"));
    CHECK(sim.requests().empty());
    const Finished wrong = set_up_at("anthropic", {}, "sk-ant-api03-wrong\n");
    CHECK(wrong.status == 125);
    CHECK_THAT(wrong.err, StartsWith("eph: Anthropic does not accept the API key: invalid x-api-key (status 401)\n"));
    CHECK_THAT(wrong.err, Contains("console.anthropic.com"));
    CHECK_FALSE(std::filesystem::exists(home.config()));
    const Finished project = set_up_at("anthropic", {"--project", "p"});
    CHECK(project.status == 64);
    CHECK_THAT(project.err, StartsWith("eph: Anthropic has no projects that eph could use\n"));
    const Finished nobody = eph({"auth", "setup", "--provider", "nobody"}, "x\n");
    CHECK(nobody.status == 64);
    CHECK_THAT(nobody.err, Contains("the provider 'nobody' is not known"));
}

TEST_CASE_METHOD(Fixture, "eph's own environment has a provider's key, and only that provider is sent it") {
    home.variables["ANTHROPIC_API_KEY"] = api_key;
    home.variables["EPH_ANTHROPIC_BASE_URL"] = root() + "/v1";
    const Finished end = eph({"auth", "doctor", "--provider", "anthropic", "--live"});
    INFO(end.out << end.err);
    CHECK(end.status == 0);
    CHECK_THAT(end.out, Contains("from the environment of eph\n"));
    CHECK_THAT(end.out, Contains("accepts the API key and lists its models"));
    CHECK_THAT(end.out, Contains("no key can be made at"));
    CHECK(sim.requests().size() == 1);
    const Finished other = eph({"auth", "doctor"});  // OpenAI's
    CHECK(other.status == 125);
    CHECK_THAT(other.out, Contains("no OpenAI admin key is loaded"));
    CHECK(sim.requests().size() == 1);
    const Finished gemini = eph({"auth", "doctor", "--provider", "gemini"});
    CHECK_THAT(gemini.out, Contains("no Google Gemini API key is loaded"));
    const std::string shown = eph({"auth", "show", "--provider", "anthropic"}).out;
    CHECK_THAT(shown, Contains("the environment of eph"));
    CHECK(shown.find(api_key) == std::string::npos);
    CHECK_THAT(set_up_at("anthropic", {}).err,
               Contains("ANTHROPIC_API_KEY in your environment comes before what is stored"));
}

TEST_CASE_METHOD(Fixture, "an ephd that eph starts has no key of the shell that eph runs in") {
    ephd->stop();
    home.variables.erase("EPH_NO_AUTOSTART");
    home.variables["ANTHROPIC_API_KEY"] = api_key;
    home.variables["EPH_ANTHROPIC_BASE_URL"] = root();
    CHECK(eph({"auth", "show", "--provider", "anthropic"}).status == 0);
    home.variables.erase("ANTHROPIC_API_KEY");
    const Finished end = eph({"auth", "doctor", "--provider", "anthropic"});
    CHECK_THAT(end.out, Contains("no Anthropic API key is loaded"));
    home.variables["EPH_NO_AUTOSTART"] = "1";
    CHECK(eph({"daemon", "stop"}).status == 0);
}

TEST_CASE_METHOD(Fixture, "ephd's own environment has a provider's key, and shows it to nobody") {
    ephd->stop();
    start_daemon({{"ANTHROPIC_API_KEY", api_key}, {"EPH_ANTHROPIC_BASE_URL", root()}});
    const std::string seen = read_file("/proc/" + std::to_string(ephd->pid()) + "/environ");
    CHECK(seen.find(api_key) == std::string::npos);
    const Finished end = eph({"auth", "doctor", "--provider", "anthropic"});
    CHECK(end.status == 0);
    CHECK_THAT(end.out, Contains("from the environment of ephd\n"));
    home.variables["EPH_ANTHROPIC_BASE_URL"] = "http://127.0.0.1:9";
    const Finished astray = eph({"auth", "doctor", "--provider", "anthropic"});
    CHECK_THAT(astray.out, Contains("the stored API key is not sent to http://127.0.0.1:9"));
}

TEST_CASE_METHOD(Fixture, "accounts of several providers stand side by side") {
    REQUIRE(set_up({"--store", "file"}).status == 0);
    REQUIRE(set_up_at("anthropic", {"--store", "file"}).status == 0);
    REQUIRE(set_up_at("anthropic", {"--store", "file", "--account", "lab"}).status == 0);
    const Json all = ephd->get("/v1/accounts").at("accounts");
    REQUIRE(all.size() == 3);
    CHECK(all.at(0).at("provider") == "openai");
    CHECK(Json::parse(eph({"auth", "show", "--provider", "anthropic", "--json"}).out).at("accounts").size() == 2);
    CHECK(eph({"keys", "create"}).status == 0);  // OpenAI's account is not disturbed by the others
    const Finished others = eph({"keys", "create", "--account", "lab"});
    CHECK(others.status == 125);
    CHECK(others.err ==
          "eph: the account lab is Anthropic's, not OpenAI's\nAdd --provider anthropic, or name another account.\n");
    const Finished none = eph({"keys", "create", "--provider", "anthropic"});
    CHECK(none.status == 64);
    CHECK_THAT(none.err, StartsWith("eph: eph can make no keys at Anthropic\n"));
    CHECK_THAT(none.err, Contains("eph broker anthropic"));
    CHECK(eph({"keys", "list"}).err.empty());
    CHECK(eph({"cleanup"}).status == 0);
    CHECK(eph({"auth", "clear", "--provider", "anthropic"}).err ==
          "eph: the Anthropic account default is removed from " + home.config().string() + "\n");
    CHECK(eph({"auth", "clear", "--provider", "anthropic", "--account", "lab"}).status == 0);
    const Json left = Json::parse(configuration());
    CHECK(left.contains("openai"));
    CHECK_FALSE(left.contains("anthropic"));
    CHECK_FALSE(left.contains("accounts"));
    const Finished nothing = eph({"auth", "clear", "--provider", "anthropic"});
    CHECK_THAT(nothing.err, StartsWith("eph: nothing is stored for the Anthropic account default\n"));
}

TEST_CASE_METHOD(Fixture, "the janitor asks nothing of a provider that makes no keys") {
    REQUIRE(set_up_at("anthropic", {"--store", "file"}).status == 0);
    restart_daemon();
    CHECK(eph({"auth", "doctor", "--provider", "anthropic"}).status == 0);
    CHECK(eph({"cleanup"}).status == 125);  // there is no account that could have made any
    REQUIRE(set_up({"--store", "file"}).status == 0);
    sim.wait_for("GET /v1/organization/projects/proj_test/users");  // the comparison with the ledger, OpenAI's
    for (const Json& each : sim.requests()) {
        INFO(each.dump());
        const bool admin = std::string{each.at("path")}.find("/organization/") != std::string::npos;
        CHECK(admin == (each.at("credential") == "admin"));
    }
}

TEST_CASE_METHOD(Fixture, "a provider's key in memory alone is asked for again when ephd was restarted") {
    REQUIRE(set_up_at("anthropic", {"--store", "memory"}).status == 0);
    CHECK(configuration().find(api_key) == std::string::npos);
    restart_daemon();
    const Finished nobody = eph({"auth", "doctor", "--provider", "anthropic"});
    CHECK_THAT(nobody.out, Contains("the API key of the account default of anthropic was in ephd's memory alone"));
    CHECK_THAT(nobody.out, Contains("Give it again: eph auth setup --provider anthropic"));
    Pty person(command({"auth", "doctor", "--provider", "anthropic"}), home.variables);
    person.wait_for("the API key of the account default (Anthropic) any more");
    person.wait_for("API key (not shown): ");
    REQUIRE(eventually([&] { return !person.echoes(); }));
    person.type(std::string{api_key} + "\n");
    CHECK(person.wait() == 0);
}

TEST_CASE_METHOD(Fixture, "a provider that needs no key is set up without one, and needs no setup at all") {
    const Finished end = set_up_at("vllm", {}, "\n");
    INFO(end.err);
    CHECK(end.status == 125);  // the simulated one wants a key
    CHECK_THAT(end.err, Contains("vLLM does not accept the API key"));
    CHECK(header(last_request(), "authorization").empty());
    CHECK(set_up_at("vllm", {"--store", "file"}).status == 0);
    const Json ollama = ephd->get("/v1/accounts/ollama");
    CHECK(ollama.at("source") == "none");
    CHECK(ollama.at("state") == "ready");
    CHECK(ollama.at("base_url") == "http://127.0.0.1:11434/v1");
}

TEST_CASE_METHOD(Fixture, "a provider of one's own is set up, checked and completed by its name") {
    configure(
        Json{{"providers", {{"my-lab", {{"like", "openai"}, {"title", "Our lab"}, {"base_url", sim.base_url()}}}}}}
            .dump());
    const Finished end = eph({"auth", "setup", "--provider", "my-lab", "--store", "file"}, std::string{api_key} + "\n");
    INFO(end.err);
    REQUIRE(end.status == 0);
    CHECK_THAT(end.err, Contains("works at Our lab and is stored in"));
    CHECK(eph({"auth", "doctor", "--provider", "my-lab"}).status == 0);
    CHECK_THAT(eph({"__complete", "auth", "show", "--provider", "my"}).out, StartsWith("my-lab\tOur lab"));
    const Json providers = ephd->get("/v1/providers").at("providers");
    CHECK(providers.back().at("name") == "my-lab");
    CHECK(providers.back().at("key_variable") == "MY_LAB_API_KEY");
    home.variables["MY_LAB_API_KEY"] = "another";
    CHECK_THAT(eph({"auth", "doctor", "--provider", "my-lab"}).out, Contains("Our lab does not accept the API key"));
}
