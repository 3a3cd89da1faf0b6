// Which account a request works with.
#include "daemon/accounts/accounts.hpp"

#include <sys/stat.h>

#include "tests/support/error_of.hpp"
#include "tests/support/temp_directory.hpp"

using namespace eph;
using namespace eph::test;

namespace {

Credential credential(const char* key, const char* project = "", const char* base_url = "") {
    Credential account;
    account.admin_key = Secret{key};
    account.project = project;
    account.base_url = base_url;
    return account;
}

struct Fixture {
    TempDirectory temp;
    std::filesystem::path file = temp / "config.json";

    std::unique_ptr<Accounts> accounts(Credential environment = {}) {
        return std::make_unique<Accounts>(file, std::move(environment), "environment");
    }
    void configure(const std::string& text) { write_file(file, text); }
};

constexpr const char* in_file = R"({"openai": {"admin_key": "sk-file", "project_id": "proj_file"}})";

}  // namespace

TEST_CASE_METHOD(Fixture, "what the client sends comes before ephd's environment, and that before the file") {
    configure(in_file);
    const auto both = accounts(credential("sk-env", "proj_env"));
    const AccountRef from_client = both->pick("openai", credential("sk-client", "proj_client"));
    CHECK(from_client->admin_key.reveal() == "sk-client");
    CHECK(from_client->place.project == "proj_client");
    CHECK(from_client->source == "client");
    CHECK(both->pick("openai", {})->admin_key.reveal() == "sk-env");
    CHECK(both->pick("openai", {})->source == "environment");
    const auto file_only = accounts();
    CHECK(file_only->pick("openai", {})->admin_key.reveal() == "sk-file");
    CHECK(file_only->pick("openai", {})->source == "file");
}

TEST_CASE_METHOD(Fixture, "each field comes from the first source that has it") {
    configure(
        R"({"openai": {"admin_key": "sk-file", "project_id": "proj_file", "base_url": "https://eu.api.openai.com/v1"}})");
    const auto mixed = accounts(credential("sk-env"));
    const AccountRef account = mixed->pick("openai", credential("", "proj_client"));
    CHECK(account->admin_key.reveal() == "sk-env");
    CHECK(account->place.project == "proj_client");
    CHECK(account->place.base_url == "https://eu.api.openai.com/v1");
    CHECK(account->source == "environment");
}

TEST_CASE_METHOD(Fixture, "an account goes to OpenAI itself unless something says otherwise") {
    const auto plain = accounts(credential("sk", "proj_1"));
    CHECK(plain->pick("openai", {})->place.base_url == "https://api.openai.com/v1");
    CHECK_FALSE(plain->pick("openai", {})->own_base_url);
    CHECK_FALSE(plain->pick("openai", credential("", "", "https://API.openai.com:443/v1/"))->own_base_url);
    CHECK(plain->pick("openai", credential("mine", "", "https://eu.api.openai.com/v1"))->own_base_url);
}

TEST_CASE_METHOD(Fixture, "ephd's own key goes to no address that only a client names") {
    const Error error = error_of(
        [&] { accounts(credential("sk", "proj_1"))->pick("openai", credential("", "", "http://127.0.0.1:1/v1")); });
    CHECK(error.code() == Code::forbidden);
    CHECK(error.message() ==
          "the stored admin key is not sent to http://127.0.0.1:1/v1, which only EPH_OPENAI_BASE_URL names");
    const auto there = accounts(credential("sk", "proj_1", "http://127.0.0.1:1/v1"));
    CHECK(there->pick("openai", credential("", "", "http://127.0.0.1:1/v1"))->own_base_url);
}

TEST_CASE_METHOD(Fixture, "what is missing is said, with what to do") {
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

TEST_CASE_METHOD(Fixture, "an account that cannot be right is refused before it goes anywhere") {
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
    CHECK(unknown.hint() == "Known providers: openai.");
}

TEST_CASE_METHOD(Fixture, "a change of the file needs no restart") {
    const auto all = accounts();
    CHECK_THROWS_AS(all->pick("openai", {}), Error);
    configure(in_file);
    CHECK(all->pick("openai", {})->admin_key.reveal() == "sk-file");
    configure("{");
    std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() + std::chrono::seconds{1});
    const Error broken = error_of([&] { all->pick("openai", {}); });
    CHECK(broken.code() == Code::no_account);
    CHECK(broken.message() == "no OpenAI account: " + file.string() +
                                  " is not a JSON object Mend it, or move it aside and run: eph auth setup");
    CHECK(all->notes().size() == 1);
    std::filesystem::remove(file);
    CHECK(error_of([&] { all->pick("openai", {}); }).message() == "no OpenAI admin key is loaded");
    CHECK(all->notes().empty());
}

TEST_CASE_METHOD(Fixture, "a broken file does not keep an account from the environment back, and is told") {
    configure("{");
    const auto all = accounts(credential("sk-env", "proj_env"));
    CHECK(all->pick("openai", {})->admin_key.reveal() == "sk-env");
    CHECK(all->notes().size() == 1);
}

TEST_CASE_METHOD(Fixture, "an account of a client stays for as long as its place is needed") {
    const auto all = accounts();
    const Place here{"openai", "proj_1", "https://api.openai.com/v1"};
    (void)all->pick("openai", credential("sk-1", "proj_1"));
    (void)all->pick("openai", credential("sk-1", "proj_1"));
    CHECK(all->loaded().size() == 1);
    all->forget_clients_except({here});
    CHECK(all->loaded().size() == 1);
    all->forget_clients_except({});
    CHECK(all->loaded().empty());
}

TEST_CASE_METHOD(Fixture, "each account that was not there before is announced once") {
    std::vector<std::string> announced;
    const auto all = accounts();
    all->on_loaded = [&](const Place& place) { announced.push_back(place.project); };
    (void)all->pick("openai", credential("sk-1", "proj_1"));
    (void)all->pick("openai", credential("sk-1", "proj_1"));
    CHECK(announced == std::vector<std::string>{"proj_1"});
    (void)all->pick("openai", credential("sk-2", "proj_1"));  // the same place, another key: worth another try
    (void)all->pick("openai", credential("sk-1", "proj_2"));
    CHECK(announced == std::vector<std::string>{"proj_1", "proj_1", "proj_2"});
    all->store(credential("sk-3", "proj_3"));
    CHECK(announced.back() == "proj_3");
}

TEST_CASE_METHOD(Fixture, "a key is revoked with the account that made it, and then with every other of its project") {
    const auto all = accounts(credential("sk-own", "proj_1"));
    const std::string made_with = all->pick("openai", credential("sk-made", "proj_1"))->fingerprint;
    (void)all->pick("openai", credential("sk-elsewhere", "proj_2"));
    const Place here{"openai", "proj_1", "https://api.openai.com/v1"};
    const auto key_of = [&](std::int64_t attempt) {
        return std::string{all->for_place(here, made_with, attempt)->admin_key.reveal()};
    };
    CHECK(key_of(0) == "sk-made");
    CHECK(key_of(1) == "sk-own");
    CHECK(key_of(2) == "sk-made");
    CHECK(all->for_place(here, "unknown", 0)->place.project == "proj_1");
    CHECK(all->for_place({"openai", "proj_3", "https://api.openai.com/v1"}, made_with, 0) == nullptr);
}

TEST_CASE_METHOD(Fixture, "a fingerprint tells keys apart and gives none away") {
    CHECK(fingerprint_of(Secret{"sk-admin-1"}).size() == 12);
    CHECK(fingerprint_of(Secret{"sk-admin-1"}) != fingerprint_of(Secret{"sk-admin-2"}));
    CHECK(fingerprint_of(Secret{"abc"}) == "ba7816bf8f01");  // SHA-256 of "abc", FIPS 180-2
}
