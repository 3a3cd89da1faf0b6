// When the store of an account is asked for its key, and for whom.
#include "tests/support/error_of.hpp"
#include "tests/support/temp_directory.hpp"
#include "tests/unit/settled_accounts.hpp"

using namespace eph;
using namespace eph::test;

TEST_CASE_METHOD(AccountsFixture, "a key from a store serves the project that ephd's environment names, too") {
    configure(R"({"openai": {"store": "command", "command": "echo sk-1", "project_id": "p1"}})");
    const auto all = accounts(credential("", "p2"));
    CHECK(all->for_place({"openai", "p2", "https://api.openai.com/v1"}, "", 0)->place.project == "p2");
    CHECK(all->pick("openai", {})->place.project == "p2");
    CHECK(all->loaded().size() == 2);
}

TEST_CASE_METHOD(AccountsFixture, "a store is asked when its account is needed, and not before") {
    const auto asked = [&] { return read_file(temp / "asked"); };
    configure(R"({"openai": {"store": "command", "command": "echo x >>)" + (temp / "asked").string() +
              R"(; echo sk-1; echo chatter", "project_id": "p1", "fingerprint": "0123456789ab"}})");
    const auto all = accounts();
    REQUIRE(all->known({}).size() == 1);
    CHECK(all->known({}).at(0).fingerprint == "0123456789ab");
    CHECK(all->known({}).at(0).account == nullptr);
    CHECK(all->loaded().empty());
    const Place here{"openai", "p1", "https://api.openai.com/v1"};
    CHECK(all->must_ask(here, "", 0));
    CHECK(all->configured(here));
    CHECK(asked().empty());
    const AccountRef account = all->pick("openai", {});
    CHECK(account->secret.reveal() == "sk-1");
    CHECK(account->source == "command");
    CHECK(all->pick("openai", {})->fingerprint == fingerprint_of(Secret{"sk-1"}));
    CHECK(asked() == "x\n");
    CHECK_FALSE(all->must_ask(here, "", 0));
    CHECK(all->loaded().size() == 1);
    all->refused(account);  // a key that the provider does not know any more
    CHECK(all->loaded().empty());
    CHECK(all->for_place(here, "", 0)->secret.reveal() == "sk-1");
    CHECK(asked() == "x\nx\n");
}

TEST_CASE_METHOD(AccountsFixture,
                 "a store that fails is tried again for a person at once, and for the janitor after a while") {
    const auto times = [&] { return read_file(temp / "asked").size(); };
    configure(R"({"openai": {"store": "command", "command": "printf x >>)" + (temp / "asked").string() +
              R"(; echo no vault: sk-admin-1 >&2; exit 3", "project_id": "p1"}})");
    const auto all = accounts();
    const Place here{"openai", "p1", "https://api.openai.com/v1"};
    const std::string said =
        "the store command gave no key for the account default: the command ended with status 3: no vault: sk-...";
    CHECK(error_of([&] { all->for_place(here, "", 0); }).message() == said);
    CHECK(times() == 1);
    CHECK(error_of([&] { all->for_place(here, "", 0); }).message() == said);
    CHECK(times() == 1);
    const Error error = error_of([&] { all->pick("openai", {}); });
    CHECK(error.message() == said);
    CHECK(error.code() == Code::no_account);
    CHECK(error.hint().starts_with("Try it by hand"));
    CHECK(times() == 2);
    CHECK(all->known({}).at(0).problem == said);
}

TEST_CASE_METHOD(AccountsFixture, "a key at hand comes before one that a store would have to be asked for") {
    configure(
        R"({"openai": {"store": "command", "command": "exit 1", "project_id": "p1", "fingerprint": "0123456789ab"}})");
    const auto all = accounts(credential("sk-env", "p1"));
    const Place here{"openai", "p1", "https://api.openai.com/v1"};
    CHECK_FALSE(all->must_ask(here, "0123456789ab", 0));
    CHECK(all->for_place(here, "0123456789ab", 0)->secret.reveal() == "sk-env");
    CHECK(all->must_ask(here, "0123456789ab", 1));
    CHECK(all->for_place(here, "0123456789ab", 1)->secret.reveal() == "sk-env");  // the store gave nothing
}

TEST_CASE_METHOD(AccountsFixture, "an account in memory is stored without its key, and erased again") {
    const auto all = accounts();
    StoredAccount account;
    account.name = "work", account.store = "memory", account.project = "p2";
    all->store(std::move(account), Secret{"sk-2"});
    CHECK(read_file(file).find("sk-2") == std::string::npos);
    Credential named;
    named.account = "work";
    CHECK(all->pick("openai", named)->secret.reveal() == "sk-2");
    const auto restarted = accounts();
    const Error lost = error_of([&] { restarted->pick("openai", named); });
    CHECK(lost.message() == "the admin key of the account work was in ephd's memory alone, and ephd was restarted");
    CHECK(lost.hint() == "Give it again: eph auth setup --account work");
    CHECK(restarted->known({}).at(0).fingerprint == fingerprint_of(Secret{"sk-2"}));
    all->erase("work");
    CHECK(all->known({}).empty());
}
