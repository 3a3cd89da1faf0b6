// Accounts at providers that make no keys: whose credential a request works with, and where it may go.
#include <cstdlib>

#include "daemon/accounts/accounts.hpp"

#include "tests/support/error_of.hpp"
#include "tests/support/temp_directory.hpp"
#include "tests/unit/settled_accounts.hpp"

using namespace eph;
using namespace eph::test;

namespace {

Credential anthropic(const char* key, const char* base_url = "") {
    Credential credential;
    credential.provider = "anthropic";
    credential.secret = Secret{key};
    credential.base_url = base_url;
    return credential;
}

Credential named(const char* account) {
    Credential credential;
    credential.account = account;
    return credential;
}

}  // namespace

TEST_CASE_METHOD(AccountsFixture,
                 "a provider's key comes from the client, from ephd's environment, then from what is stored") {
    configure(R"({"anthropic": {"api_key": "sk-ant-file"}, "accounts": {"lab": {"provider": "anthropic",
                  "api_key": "sk-ant-lab", "base_url": "https://gw.example/v1"}}})");
    const auto all = accounts(anthropic("sk-ant-env"));
    const AccountRef mine = all->pick("anthropic", anthropic("sk-ant-mine"));
    CHECK(mine->secret.reveal() == "sk-ant-mine");
    CHECK(mine->source == "client");
    CHECK(mine->place == Place{"anthropic", "", "https://api.anthropic.com"});
    CHECK_FALSE(mine->makes_keys);
    CHECK_FALSE(mine->own_base_url);
    CHECK(all->pick("anthropic", {})->secret.reveal() == "sk-ant-env");
    const auto stored = accounts();
    CHECK(stored->pick("anthropic", {})->secret.reveal() == "sk-ant-file");
    const AccountRef lab = all->pick("anthropic", named("lab"));
    CHECK(lab->secret.reveal() == "sk-ant-lab");
    CHECK(lab->place.base_url == "https://gw.example");  // agents put the version into the path themselves
    CHECK(lab->own_base_url);
}

TEST_CASE_METHOD(AccountsFixture, "a credential goes to its own provider and to no other") {
    Credential admin;
    admin.secret = Secret{"sk-admin-mine"};
    admin.project = "proj_1";
    const auto all = accounts();
    CHECK(error_of([&] { all->pick("anthropic", admin); }).message() == "no Anthropic API key is loaded");
    CHECK(error_of([&] { all->pick("openai", anthropic("sk-ant-mine")); }).message() ==
          "no OpenAI admin key is loaded");
    all->remember(anthropic("sk-ant-mine"));
    CHECK(error_of([&] { all->pick("openai", {}); }).message() == "no OpenAI admin key is loaded");
    const Place there{"anthropic", "", "https://api.anthropic.com"};
    CHECK(all->for_place(there, "", 0)->secret.reveal() == "sk-ant-mine");
    CHECK(error_of([&] {
              all->for_place({"google", "", "https://api.anthropic.com"}, "", 0);
          }).code() == Code::no_account);
}

TEST_CASE_METHOD(AccountsFixture, "an account that makes no keys is announced to nobody who revokes any") {
    std::vector<std::string> announced;
    const auto all = accounts();
    all->on_loaded = [&](const Place& place) { announced.push_back(place.provider); };
    (void)all->pick("anthropic", anthropic("sk-ant-mine"));
    CHECK(announced.empty());
    CHECK(all->every().empty());
}

TEST_CASE_METHOD(AccountsFixture, "ephd's own key of a provider goes to no address that only a client names") {
    const auto all = accounts(anthropic("sk-ant-env"));
    const Error error = error_of([&] { all->pick("anthropic", anthropic("", "http://127.0.0.1:1")); });
    CHECK(error.code() == Code::forbidden);
    CHECK(error.message() ==
          "the stored API key is not sent to http://127.0.0.1:1, which only EPH_ANTHROPIC_BASE_URL names");
    CHECK(error.hint() ==
          "Store the address too (eph auth setup --provider anthropic --base-url ...), set ANTHROPIC_API_KEY as well, "
          "or unset EPH_ANTHROPIC_BASE_URL.");
    CHECK(all->pick("anthropic", anthropic("", "https://api.anthropic.com/v1/"))->secret.reveal() == "sk-ant-env");
    CHECK(all->pick("anthropic", anthropic("sk-mine", "http://127.0.0.1:1"))->own_base_url);
}

TEST_CASE_METHOD(AccountsFixture, "what is missing at a provider is said, with what to do") {
    const Error none = error_of([&] { accounts()->pick("gemini", {}); });
    CHECK(none.code() == Code::no_account);
    CHECK(none.message() == "no Google Gemini API key is loaded");
    CHECK(none.hint() == "Run eph auth setup --provider google, or set GEMINI_API_KEY.");
    Credential zai;
    zai.provider = "zai";
    zai.secret = Secret{"k"};
    const Error nowhere = error_of([&] { accounts()->pick("zai", zai); });
    CHECK(nowhere.message() == "eph does not know where the API of ZAI is");
    CHECK(nowhere.hint() == "Say it: eph auth setup --provider zai --base-url URL, or set EPH_ZAI_BASE_URL.");
    zai.base_url = "https://api.z.example/v4";
    CHECK(accounts()->pick("zai", zai)->place.base_url == "https://api.z.example/v4");
}

TEST_CASE_METHOD(AccountsFixture, "an account of another provider is named with its provider") {
    configure(R"({"accounts": {"lab": {"provider": "anthropic", "api_key": "sk-ant-lab"}}})");
    const auto all = accounts();
    const Error error = error_of([&] { all->pick("openai", named("lab")); });
    CHECK(error.message() == "the account lab is Anthropic's, not OpenAI's");
    CHECK(error.hint() == "Add --provider anthropic, or name another account.");
    CHECK(error_of([&] { (void)all->name_meant("openai", named("lab")); }).message() == error.message());
    CHECK(all->name_meant("anthropic", named("lab")) == "lab");
    CHECK(all->name_meant("anthropic", {}) == "default");
}

TEST_CASE_METHOD(AccountsFixture, "the only account of a provider is meant where nobody names one") {
    configure(R"({"accounts": {"lab": {"provider": "anthropic", "api_key": "sk-ant-lab"}}})");
    const auto all = accounts();
    CHECK(all->pick("anthropic", {})->name == "lab");
    configure(R"({"accounts": {"lab": {"provider": "anthropic", "api_key": "sk-ant-lab"},
                               "home": {"provider": "anthropic", "api_key": "sk-ant-home"}}})");
    const Error several = error_of([&] { all->pick("anthropic", {}); });
    CHECK(several.message() == "Anthropic has several accounts, and none of them is the default one");
    CHECK(several.hint() == "Name one with --account: lab, home; or make it the default_account in config.json.");
}

TEST_CASE_METHOD(AccountsFixture, "the default account is that of its own provider, and of no other") {
    configure(R"({"default_account": "lab", "openai": {"admin_key": "sk-1", "project_id": "p1"},
                  "anthropic": {"api_key": "sk-ant-1"},
                  "accounts": {"lab": {"provider": "anthropic", "api_key": "sk-ant-lab"}}})");
    const auto all = accounts();
    CHECK(all->pick("openai", {})->name == "default");
    CHECK(all->pick("anthropic", {})->name == "lab");
    CHECK(all->name_meant("openai", {}) == "default");
    CHECK(all->name_meant("anthropic", {}) == "lab");
    configure(R"({"default_account": "work", "anthropic": {"api_key": "sk-ant-1"},
                  "accounts": {"work": {"admin_key": "sk-1", "project_id": "p1"}}})");
    CHECK(all->pick("openai", {})->name == "work");
    CHECK(all->pick("anthropic", {})->name == "default");
    CHECK(all->name_meant("anthropic", {}) == "default");
}

TEST_CASE_METHOD(AccountsFixture, "a provider that needs no key needs no account, and takes one all the same") {
    const AccountRef open = accounts()->pick("ollama", {});
    CHECK(open->secret.empty());
    CHECK(open->fingerprint.empty());
    CHECK(open->source == "none");
    CHECK(open->place == Place{"ollama", "", "http://127.0.0.1:11434/v1"});
    configure(R"({"ollama": {"base_url": "https://gpu.example/v1"}})");
    const auto all = accounts();
    CHECK(all->pick("ollama", {})->place.base_url == "https://gpu.example/v1");
    CHECK(all->known({}).at(0).source == "file");
    configure(R"({"ollama": {"base_url": "https://gpu.example/v1", "api_key": "k"}})");
    CHECK(all->pick("ollama", {})->secret.reveal() == "k");
}

TEST_CASE_METHOD(AccountsFixture,
                 "a key of a provider comes from a store when it is needed, and is forgotten when it is refused") {
    configure(R"({"anthropic": {"store": "command", "command": "echo x >>)" + (temp / "asked").string() +
              R"(; echo sk-ant-1"}})");
    const auto all = accounts();
    CHECK(all->known({}).at(0).in_store);
    CHECK(all->every().empty());  // keys of others concern it not: it is not asked for them
    CHECK(read_file(temp / "asked").empty());
    const AccountRef account = all->pick("anthropic", {});
    CHECK(account->secret.reveal() == "sk-ant-1");
    all->refused(account);
    CHECK(all->for_place(account->place, account->fingerprint, 0)->secret.reveal() == "sk-ant-1");
    CHECK(read_file(temp / "asked") == "x\nx\n");
}

TEST_CASE_METHOD(AccountsFixture,
                 "a provider of one's own has its key from its own variable, and is found by its name") {
    configure(R"({"my-lab": {"api_key": "k-file"}, "providers": {
                  "my-lab": {"like": "anthropic", "title": "Our lab", "base_url": "https://lab.example"}}})");
    setenv("MY_LAB_API_KEY", "k-env", 1);
    const auto all = accounts();
    CHECK(std::getenv("MY_LAB_API_KEY") == nullptr);
    const AccountRef account = all->pick("my-lab", {});
    CHECK(account->secret.reveal() == "k-env");
    CHECK(account->place == Place{"my-lab", "", "https://lab.example"});
    CHECK(account->own_base_url);
    CHECK(all->provider("my-lab").title == "Our lab");
}

TEST_CASE_METHOD(AccountsFixture, "a key in memory alone is asked for with its provider's name") {
    configure(R"({"accounts": {"lab": {"provider": "anthropic", "store": "memory", "fingerprint": "0123456789ab"}}})");
    const auto all = accounts();
    const Error lost = error_of([&] { all->pick("anthropic", {}); });
    CHECK(lost.message() ==
          "the API key of the account lab of anthropic was in ephd's memory alone, and ephd was restarted");
    CHECK(lost.hint() == "Give it again: eph auth setup --provider anthropic --account lab");
}
