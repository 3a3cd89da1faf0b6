// Which account a request works with.
#include "daemon/accounts/accounts.hpp"

#include "tests/support/error_of.hpp"
#include "tests/support/temp_directory.hpp"
#include "tests/unit/settled_accounts.hpp"

using namespace eph;
using namespace eph::test;

namespace {

constexpr const char* in_file = R"({"openai": {"admin_key": "sk-file", "project_id": "proj_file"}})";

}  // namespace

TEST_CASE_METHOD(AccountsFixture, "what the client sends comes before ephd's environment, and that before the file") {
    configure(in_file);
    const auto both = accounts(credential("sk-env", "proj_env"));
    const AccountRef from_client = both->pick("openai", credential("sk-client", "proj_client"));
    CHECK(from_client->secret.reveal() == "sk-client");
    CHECK(from_client->place.project == "proj_client");
    CHECK(from_client->source == "client");
    CHECK(both->pick("openai", {})->secret.reveal() == "sk-env");
    CHECK(both->pick("openai", {})->source == "environment");
    const auto file_only = accounts();
    CHECK(file_only->pick("openai", {})->secret.reveal() == "sk-file");
    CHECK(file_only->pick("openai", {})->source == "file");
}

TEST_CASE_METHOD(AccountsFixture, "each field comes from the first source that has it") {
    configure(R"({"openai": {"project_id": "proj_file", "base_url": "https://eu.api.openai.com/v1"}})");
    const auto mixed = accounts(credential("sk-env"));
    const AccountRef account = mixed->pick("openai", credential("", "proj_client"));
    CHECK(account->secret.reveal() == "sk-env");
    CHECK(account->place.project == "proj_client");
    CHECK(account->place.base_url == "https://eu.api.openai.com/v1");
    CHECK(account->source == "environment");
}

TEST_CASE_METHOD(AccountsFixture, "an account goes to OpenAI itself unless something says otherwise") {
    const auto plain = accounts(credential("sk", "proj_1"));
    CHECK(plain->pick("openai", {})->place.base_url == "https://api.openai.com/v1");
    CHECK_FALSE(plain->pick("openai", {})->own_base_url);
    CHECK_FALSE(plain->pick("openai", credential("", "", "https://API.openai.com:443/v1/"))->own_base_url);
    CHECK(plain->pick("openai", credential("mine", "", "https://eu.api.openai.com/v1"))->own_base_url);
}

TEST_CASE_METHOD(AccountsFixture, "ephd's own key goes to no address that only a client names") {
    const Error error = error_of(
        [&] { accounts(credential("sk", "proj_1"))->pick("openai", credential("", "", "http://127.0.0.1:1/v1")); });
    CHECK(error.code() == Code::forbidden);
    CHECK(error.message() ==
          "the stored admin key is not sent to http://127.0.0.1:1/v1, which only EPH_OPENAI_BASE_URL names");
    const auto there = accounts(credential("sk", "proj_1", "http://127.0.0.1:1/v1"));
    CHECK(there->pick("openai", credential("", "", "http://127.0.0.1:1/v1"))->own_base_url);
}

TEST_CASE_METHOD(AccountsFixture, "a stored address goes with the key that it is stored with, and with no other") {
    configure(R"({"openai": {"admin_key": "sk-file", "project_id": "p", "base_url": "https://gateway.example/v1"},
        "accounts": {"work": {"admin_key": "sk-work", "project_id": "w", "base_url": "https://work.example/v1"}}})");
    const auto mixed = accounts(credential("sk-env", "proj_env"));
    CHECK(mixed->pick("openai", {})->place.base_url == "https://api.openai.com/v1");
    CHECK(mixed->pick("openai", credential("sk-client"))->place.base_url == "https://api.openai.com/v1");
    CHECK(mixed->pick("openai", credential("sk-file"))->place.base_url == "https://gateway.example/v1");
    for (const AccountRef& each : mixed->loaded())
        CHECK((each->source == "file" || each->secret.reveal() == "sk-file") == each->own_base_url);
    const Error error = error_of([&] { mixed->pick("openai", credential("", "", "https://gateway.example/v1")); });
    CHECK(error.code() == Code::forbidden);
    CHECK(accounts()->pick("openai", credential("", "", "https://gateway.example/v1"))->secret.reveal() == "sk-file");
}

TEST_CASE_METHOD(AccountsFixture, "what is missing is said, with what to do") {
    const Error no_key = error_of([&] { accounts()->pick("openai", {}); });
    CHECK(no_key.code() == Code::no_account);
    CHECK(no_key.message() == "no OpenAI admin key is loaded");
    CHECK(no_key.hint() == "Run eph auth setup, or set OPENAI_ADMIN_KEY and OPENAI_PROJECT_ID.");
    const Error no_project = error_of([&] { accounts(credential("sk"))->pick("openai", {}); });
    CHECK(no_project.message() == "no OpenAI project is loaded");
    CHECK(no_project.hint() == "Run eph auth setup, or set OPENAI_PROJECT_ID.");
    CHECK(error_of([&] { accounts(credential("", "proj_1"))->pick("openai", {}); }).message() ==
          "no OpenAI admin key is loaded");
}

TEST_CASE_METHOD(AccountsFixture, "an account that cannot be right is refused before it goes anywhere") {
    const auto message = [&](const Credential& wrong) {
        return error_of([&] { accounts()->pick("openai", wrong); }).message();
    };
    CHECK(message(credential("sk\nX: y", "p")) == "the OpenAI admin key holds white space or control characters");
    CHECK(message(credential("sk admin", "p")) == "the OpenAI admin key holds white space or control characters");
    CHECK(message(credential("sk", "../x")) == "'../x' is not an OpenAI project id");
    CHECK(message(credential("sk", "p q")) == "'p q' is not an OpenAI project id");
    CHECK(message(credential("sk", "..")) == "'..' is not an OpenAI project id");
    CHECK(message(credential("sk", "p", "http://example.com")) ==
          "'http://example.com' cannot be a base URL: plain http is only allowed to loopback");
    const Error unknown = error_of([&] { accounts()->pick("nobody", {}); });
    CHECK(unknown.message() == "the provider 'nobody' is not known");
    CHECK(unknown.hint().starts_with("Known providers: openai, anthropic, "));
}

TEST_CASE_METHOD(AccountsFixture, "a change of the file needs no restart") {
    const auto all = accounts();
    CHECK_THROWS_AS(all->pick("openai", {}), Error);
    configure(in_file);
    CHECK(all->pick("openai", {})->secret.reveal() == "sk-file");
    configure("{");
    CHECK(all->pick("openai", {})->secret.reveal() == "sk-file");  // a slip of the pen: what was read before holds
    CHECK(all->notes() ==
          std::vector<std::string>{file.string() + " is not a JSON object. Mend it, or move it aside and "
                                                   "run: eph auth setup"});
    std::filesystem::remove(file);
    CHECK(error_of([&] { all->pick("openai", {}); }).message() == "no OpenAI admin key is loaded");
    CHECK(all->notes().empty());
}

TEST_CASE_METHOD(AccountsFixture, "without a configuration that can be used, its mistake is the reason") {
    configure("{");
    const auto all = accounts();
    const Error broken = error_of([&] { all->pick("openai", {}); });
    CHECK(broken.code() == Code::no_account);
    CHECK(broken.message() == "no OpenAI account: " + file.string() +
                                  " is not a JSON object. Mend it, or move it aside and run: eph auth setup");
}

TEST_CASE_METHOD(AccountsFixture, "a broken file does not keep an account from the environment back, and is told") {
    configure("{");
    const auto all = accounts(credential("sk-env", "proj_env"));
    CHECK(all->pick("openai", {})->secret.reveal() == "sk-env");
    CHECK(all->notes().size() == 1);
}

TEST_CASE_METHOD(AccountsFixture, "each account that was not there before is announced once") {
    std::vector<std::string> announced;
    const auto all = accounts();
    all->on_loaded = [&](const Place& place) { announced.push_back(place.project); };
    (void)all->pick("openai", credential("sk-1", "proj_1"));
    (void)all->pick("openai", credential("sk-1", "proj_1"));
    CHECK(announced == std::vector<std::string>{"proj_1"});
    (void)all->pick("openai", credential("sk-2", "proj_1"));  // the same place, another key: worth another try
    (void)all->pick("openai", credential("sk-1", "proj_2"));
    CHECK(announced == std::vector<std::string>{"proj_1", "proj_1", "proj_2"});
    StoredAccount third;
    third.store = "file", third.project = "proj_3";
    CHECK(all->store(std::move(third), Secret{"sk-3"}).empty());
    CHECK(announced.back() == "proj_3");
}

TEST_CASE_METHOD(AccountsFixture,
                 "a key is revoked with the account that made it, and then with every other of its project") {
    const auto all = accounts(credential("sk-own", "proj_1"));
    const std::string made_with = all->pick("openai", credential("sk-made", "proj_1"))->fingerprint;
    (void)all->pick("openai", credential("sk-elsewhere", "proj_2"));
    const Place here{"openai", "proj_1", "https://api.openai.com/v1"};
    const auto key_of = [&](std::int64_t attempt) {
        return std::string{all->for_place(here, made_with, attempt)->secret.reveal()};
    };
    CHECK(key_of(0) == "sk-made");
    CHECK(key_of(1) == "sk-own");
    CHECK(key_of(2) == "sk-made");
    (void)all->pick("openai", credential("sk-third", "proj_1"));
    CHECK(key_of(2) == "sk-made");  // the others are many, perhaps
    CHECK(key_of(3) == "sk-third");
    CHECK(key_of(5) == "sk-own");
    CHECK(all->for_place(here, "unknown", 0)->place.project == "proj_1");
    const Place nowhere{"openai", "proj_3", "https://api.openai.com/v1"};
    CHECK(error_of([&] { all->for_place(nowhere, made_with, 0); }).message() ==
          "no account for project proj_3 at https://api.openai.com/v1 is loaded");
    CHECK_FALSE(all->must_ask(nowhere, made_with, 0));
    CHECK_FALSE(all->configured(nowhere));
}

TEST_CASE_METHOD(AccountsFixture, "a fingerprint tells keys apart and gives none away") {
    CHECK(fingerprint_of(Secret{"sk-admin-1"}).size() == 12);
    CHECK(fingerprint_of(Secret{"sk-admin-1"}) != fingerprint_of(Secret{"sk-admin-2"}));
    CHECK(fingerprint_of(Secret{"abc"}) == "ba7816bf8f01");  // SHA-256 of "abc", FIPS 180-2
}

TEST_CASE_METHOD(AccountsFixture, "an account that is named counts alone, whatever stands in an environment") {
    configure(R"({"openai": {"admin_key": "sk-1", "project_id": "p1"},
                  "accounts": {"work": {"admin_key": "sk-2", "project_id": "p2"}}})");
    const auto all = accounts(credential("sk-env", "proj_env", "http://127.0.0.1:1/v1"));
    Credential named = credential("sk-client", "proj_client");
    named.account = "work";
    CHECK(all->pick("openai", named)->secret.reveal() == "sk-2");
    CHECK(all->pick("openai", named)->place == Place{"openai", "p2", "https://api.openai.com/v1"});
    named.account = "default";
    CHECK(all->pick("openai", named)->secret.reveal() == "sk-1");
    named.account = "third";
    const Error unknown = error_of([&] { all->pick("openai", named); });
    CHECK(unknown.code() == Code::no_account);
    CHECK(unknown.message() == "there is no account 'third'");
    CHECK(unknown.hint() == "There is: default, work. A new one is stored with: eph auth setup --account NAME");
}

TEST_CASE_METHOD(AccountsFixture, "the configuration says which account is meant where nobody names one") {
    configure(R"({"openai": {"admin_key": "sk-1", "project_id": "p1"}, "default_account": "work",
                  "accounts": {"work": {"admin_key": "sk-2", "project_id": "p2"}}})");
    const auto all = accounts();
    CHECK(all->pick("openai", {})->name == "work");
    CHECK(all->name_meant("openai", {}) == "work");
    CHECK(all->known({}).at(0).name == "work");
    CHECK(all->known({}).size() == 2);
    configure(R"({"default_account": "third"})");
    CHECK(error_of([&] { all->pick("openai", {}); }).message() ==
          "there is no account 'third', which the configuration calls the default one");
}

TEST_CASE_METHOD(AccountsFixture, "an account that lacks something is named with it, and asks no store in vain") {
    configure(R"({"openai": {"admin_key": "sk-1"}, "accounts": {"work": {"admin_key": "sk-2", "project_id": "p2",
                  "base_url": "http://example.com/v1"}}})");
    const auto all = accounts();
    REQUIRE(all->known({}).size() == 2);
    CHECK(all->known({}).at(0).problem == "no project is named");
    CHECK(all->known({}).at(1).problem ==
          "'http://example.com/v1' cannot be a base URL: plain http is only allowed to loopback");
    const Place there{"openai", "p2", "http://example.com/v1"};
    CHECK_FALSE(all->must_ask(there, "", 0));
    CHECK(error_of([&] { all->for_place(there, "", 0); }).code() == Code::no_account);
}

TEST_CASE("names of accounts are fit for a store, a path and a command line") {
    for (const char* name : {"work", "a", "A.b_c-9", "0123456789012345678901234567890123456789"}) {
        CHECK_NOTHROW(check_account_name(name));
    }
    for (const char* name :
         {"", ".", "..", "-x", "a b", "a/b", "a\"b", "ü", "01234567890123456789012345678901234567890"}) {
        INFO(name);
        CHECK_THROWS_AS(check_account_name(name), Error);
    }
}
