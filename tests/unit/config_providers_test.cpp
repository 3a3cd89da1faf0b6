// Providers in config.json, and what ephd makes of them.
#include "daemon/accounts/provider_view.hpp"

#include <algorithm>

#include "tests/support/error_of.hpp"
#include "tests/support/temp_directory.hpp"

using namespace eph;
using namespace eph::test;

namespace {

struct ProvidersFixture {
    TempDirectory temp;
    std::filesystem::path file = temp / "config.json";

    Config read(const std::string& text) {
        write_file(file, text);
        return read_config(file);
    }
    std::string refusal(const std::string& text) {
        return error_of([&] { read(text); }).message();
    }
};

}  // namespace

TEST_CASE("every provider of the table has what an account there needs") {
    const Config plain;
    for (const std::string& name : provider_names(plain)) {
        INFO(name);
        const ProviderView view = provider_view(name, plain);
        CHECK(view.name == name);
        CHECK_FALSE(view.title.empty());
        CHECK_FALSE(view.key_variable.empty());
        CHECK(view.makes_keys == (name == "openai"));
        CHECK_FALSE(view.credential_variables.empty());
        CHECK_FALSE(view.auth.name.empty());
        if (!view.base_url.empty()) CHECK(base_url_for(view, view.base_url).text() == view.base_url);
    }
    CHECK(provider_view("anthropic", plain).auth.name == "x-api-key");
    CHECK(provider_view("google", plain).auth.name == "x-goog-api-key");
    CHECK(provider_view("groq", plain).auth.prefix == "Bearer ");
    CHECK(provider_view("gemini", plain).name == "google");
    // A token for somebody's gateway is no key of Anthropic's.
    CHECK(provider_view("anthropic", plain).credential_variables == std::vector<std::string>{"ANTHROPIC_API_KEY"});
    CHECK(provider_view("google", plain).credential_variables ==
          std::vector<std::string>{"GEMINI_API_KEY", "GOOGLE_API_KEY"});
    CHECK_FALSE(provider_view("ollama", plain).needs_key);
}

TEST_CASE("a base URL may be written with the version that agents add, and without") {
    const Config plain;
    const auto at = [&](const char* provider, const char* text) {
        return base_url_for(provider_view(provider, plain), text).text();
    };
    CHECK(at("anthropic", "https://gw.example/v1") == "https://gw.example");
    CHECK(at("anthropic", "https://gw.example/v1/") == "https://gw.example");
    CHECK(at("anthropic", "https://gw.example/anthropic") == "https://gw.example/anthropic");
    CHECK(at("google", "https://gw.example/x/v1beta") == "https://gw.example/x");
    CHECK(at("groq", "https://gw.example/v1") == "https://gw.example/v1");
    CHECK(at("openai", "https://eu.api.openai.com/v1") == "https://eu.api.openai.com/v1");
    CHECK(error_of([&] { at("anthropic", "gw"); }).hint() == "Write it like https://api.anthropic.com.");
}

TEST_CASE_METHOD(ProvidersFixture, "a provider that eph knows is changed by the configuration") {
    const Config config = read(R"({"via": "broker", "providers": {
        "anthropic": {"base_url": "https://gw.example/v1", "auth_header": "Authorization: Bearer"},
        "gemini": {"title": "Our Gemini", "key_variable": "LAB_KEY"},
        "vllm": {"auth_header": "none", "paths": ["POST /chat/completions", "GET /models/*"], "model": "path",
                 "usage": ["/usage"], "usage_input": ["in"], "usage_output": ["out"], "usage_cached": ["cached"]}}})");
    CHECK(config.via == "broker");
    const ProviderView anthropic = provider_view("anthropic", config);
    CHECK(anthropic.base_url == "https://gw.example/v1");
    CHECK(anthropic.own_base_url == "https://api.anthropic.com");
    CHECK(anthropic.auth.name == "Authorization");
    CHECK(anthropic.auth.prefix == "Bearer ");
    CHECK(provider_view("google", config).title == "Our Gemini");
    CHECK(provider_view("google", config).credential_variables == std::vector<std::string>{"LAB_KEY"});
    CHECK(provider_view("vllm", config).auth.name.empty());
    REQUIRE(config.providers.size() == 3);
    CHECK(config.providers[2].paths.size() == 2);
    CHECK(config.providers[2].model == "path");
    CHECK(config.providers[2].usage_cached == std::vector<std::string>{"cached"});
    CHECK_FALSE(config.providers[0].model);
}

TEST_CASE_METHOD(ProvidersFixture, "a provider of one's own is like another, but for its address and its key") {
    const Config config = read(R"({"my-lab": {"api_key": "k"}, "providers": {
        "my-lab": {"like": "openai", "base_url": "https://lab.example/v1"}}})");
    const ProviderView lab = provider_view("my-lab", config);
    CHECK(lab.title == "my-lab");
    CHECK(lab.family == ApiFamily::openai);
    CHECK(lab.base_path == "/v1");
    CHECK(lab.key_variable == "MY_LAB_API_KEY");
    CHECK(lab.own_base_url.empty());
    CHECK_FALSE(lab.makes_keys);
    REQUIRE(config.find("my-lab", "default") != nullptr);
    CHECK(config.find("my-lab", "default")->secret.reveal() == "k");
    CHECK(provider_names(config).back() == "my-lab");
    const Error unknown = error_of([&] { provider_view("other", config); });
    CHECK(unknown.code() == Code::usage);
    CHECK(unknown.message() == "the provider 'other' is not known");
    CHECK_THAT(unknown.hint(), Catch::Matchers::Contains(", my-lab. "));
}

TEST_CASE_METHOD(ProvidersFixture, "accounts of every provider stand under its name, or its other name") {
    const Config config = read(R"({"anthropic": {"api_key": "a"}, "gemini": {"api_key": "g"},
                                   "accounts": {"lab": {"provider": "gemini", "api_key": "l"}}})");
    CHECK(config.find("anthropic", "default")->secret.reveal() == "a");
    CHECK(config.find("google", "default")->secret.reveal() == "g");
    CHECK(config.find("google", "lab")->secret.reveal() == "l");
    CHECK(config.find_named("lab")->provider == "google");
    CHECK(config.find_named("default") == nullptr);
    CHECK(config.find("openai", "lab") == nullptr);
    StoredAccount changed;
    changed.provider = "google", changed.store = "file", changed.secret = Secret{"new"};
    write_account(file, changed);
    CHECK(read_config(file).find("google", "default")->secret.reveal() == "new");
    erase_account(file, "default", "google");
    CHECK(read_config(file).find("google", "default") == nullptr);
    CHECK(read_file(file).find("gemini\": {") == std::string::npos);
}

TEST_CASE_METHOD(ProvidersFixture, "what cannot be a provider is named with the file and the key") {
    const std::string name = file.string();
    const auto providers = [&](const std::string& text) { return refusal(R"({"providers": )" + text + "}"); };
    CHECK(providers("[]") == name + ": 'providers' must be an object");
    CHECK(providers(R"({"My Lab": {}})") == name + ": 'providers.My Lab' cannot be a provider's name");
    CHECK(providers(R"({"via": {}})") == name + ": 'providers.via' cannot be a provider's name");
    CHECK(providers(R"({"lab": 1})") == name + ": 'providers.lab' must be an object");
    CHECK(providers(R"({"lab": {}})") ==
          name + ": 'providers.lab' is a provider that eph does not know, and does not say what it is like");
    CHECK(providers(R"({"lab": {"like": "openai"}})") == name + ": 'providers.lab' has no base_url");
    CHECK(providers(R"({"lab": {"like": "x", "base_url": "https://a"}})") ==
          name + ": 'providers.lab.like': the provider 'x' is not known");
    CHECK(providers(R"({"groq": {"like": "openai"}})") ==
          name + ": 'providers.groq.like' has no place there: eph knows Groq");
    CHECK(providers(R"({"groq": {"base_url": "http://example.com"}})") ==
          name +
              ": 'providers.groq.base_url': 'http://example.com' cannot be a base URL: plain http is only allowed to "
              "loopback");
    CHECK(providers(R"({"groq": {"auth_header": "Host: x"}})") ==
          name + ": 'providers.groq.auth_header': 'Host: x' is no header for a key");
    CHECK(providers(R"({"groq": {"auth_header": "a b"}})") ==
          name + ": 'providers.groq.auth_header': 'a b' is no header for a key");
    CHECK(providers(R"({"groq": {"key_variable": "a"}})") ==
          name + ": 'providers.groq.key_variable' must be the name of a variable, such as LAB_API_KEY");
    CHECK(providers(R"({"groq": {"paths": ["/x"]}})") ==
          name + ": 'providers.groq.paths' has '/x', which is no method and path");
    CHECK(providers(R"({"groq": {"paths": ["GET /../x"]}})") ==
          name + ": 'providers.groq.paths' has 'GET /../x', which is no method and path");
    CHECK(providers(R"({"groq": {"paths": []}})") == name + ": 'providers.groq.paths' must be a list of texts");
    CHECK(providers(R"({"groq": {"usage": ["usage"]}})") ==
          name + ": 'providers.groq.usage' has 'usage', which is no JSON pointer");
    CHECK(providers(R"({"groq": {"usages": []}})") == name + ": 'providers.groq.usages' is not known");
    CHECK(providers(R"({"google": {}, "gemini": {}})") ==
          name + ": 'providers.gemini' is the same provider as 'google'");
}

TEST_CASE_METHOD(ProvidersFixture, "what belongs to another provider's account is refused by its name") {
    const std::string name = file.string();
    CHECK(refusal(R"({"anthropic": {"admin_key": "x"}})") == name + ": 'anthropic.admin_key' has no place there");
    CHECK(refusal(R"({"anthropic": {"project_id": "x"}})") == name + ": 'anthropic.project_id' has no place there");
    CHECK(refusal(R"({"openai": {"api_key": "x"}})") == name + ": 'openai.api_key' has no place there");
    CHECK(refusal(R"({"anthropic": {"provider": "google"}})") ==
          name + ": 'anthropic.provider' is another one than anthropic");
    CHECK(refusal(R"({"google": {}, "gemini": {}})") == name + ": 'gemini' is the same provider as 'google'");
    CHECK(refusal(R"({"via": "wire"})") == name + ": 'via' must be auto, key or broker, not 'wire'");
    write_file(file, R"({"anthropic": {"api_key": "x"}})");
    std::filesystem::permissions(file, std::filesystem::perms{0644});
    CHECK(error_of([&] { read_config(file); }).message() == name + " holds an API key and can be read by other users");
    write_file(file, R"({"providers": {"groq": {"base_url": "https://gw.example"}}})");
    std::filesystem::permissions(file, std::filesystem::perms{0664});  // whoever writes it says where keys are sent
    CHECK(error_of([&] { read_config(file); }).message() == name + " can be changed by other users");
}
