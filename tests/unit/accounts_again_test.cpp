// Which account a session goes on with under the next ephd: its own, and no other's.
#include "tests/support/error_of.hpp"
#include "tests/unit/settled_accounts.hpp"

using namespace eph;
using namespace eph::test;

namespace {

struct Fixture : AccountsFixture {
    static std::string fingerprint(const char* key) { return fingerprint_of(Secret{key}); }
    AccountRef again(SettledAccounts& all, const std::string& fingerprint,
                     const char* base_url = "https://api.anthropic.com") {
        return all.again({"anthropic", "", base_url}, fingerprint);
    }
};

constexpr const char* two = R"({"anthropic": {"api_key": "sk-one"},
    "accounts": {"lab": {"provider": "anthropic", "api_key": "sk-two"}}})";

}  // namespace

TEST_CASE_METHOD(Fixture, "a session goes on with the account that it began with, whichever is the default") {
    configure(two);
    const auto all = accounts();
    CHECK(again(*all, fingerprint("sk-one"))->secret.reveal() == "sk-one");
    CHECK(again(*all, fingerprint("sk-two"))->secret.reveal() == "sk-two");
}

TEST_CASE_METHOD(Fixture, "a session goes on with another key only where there is one account that can have it") {
    configure(two);
    const auto all = accounts();
    const Error error = error_of([&] { again(*all, fingerprint("sk-before")); });
    CHECK(error.code() == Code::no_account);
    CHECK(error.message() ==
          "ephd no longer has the account at https://api.anthropic.com that this session works with");
    CHECK(error.hint() == "Run: eph auth setup --provider anthropic");
    configure(R"({"anthropic": {"api_key": "sk-renewed"}})");
    CHECK(again(*all, fingerprint("sk-before"))->secret.reveal() == "sk-renewed");
    CHECK_THROWS_AS(again(*all, fingerprint("sk-renewed"), "https://elsewhere.example"), Error);
}

TEST_CASE_METHOD(Fixture, "the store is asked for a session's account, and not for another one") {
    write_file(temp / "asked", "");
    const std::string ask = "echo x >>'" + (temp / "asked").string() + "'; ";
    configure(R"({"anthropic": {"api_key": "sk-one"}, "accounts": {"lab": {"provider": "anthropic",
        "store": "command", "command": ")" +
              ask + R"(echo sk-two", "fingerprint": ")" + fingerprint("sk-two") + R"("}}})");
    const auto all = accounts();
    CHECK(again(*all, fingerprint("sk-one"))->secret.reveal() == "sk-one");
    CHECK_THROWS_AS(again(*all, fingerprint("sk-third")), Error);
    CHECK(read_file(temp / "asked").empty());
    CHECK(again(*all, fingerprint("sk-two"))->secret.reveal() == "sk-two");
    CHECK(read_file(temp / "asked") == "x\n");
}

TEST_CASE_METHOD(Fixture, "a client that comes back brings its account along") {
    const auto all = accounts();
    Credential mine;
    mine.provider = "anthropic";
    mine.secret = Secret{"sk-mine"};
    CHECK_THROWS_AS(again(*all, fingerprint("sk-mine")), Error);
    all->remember(mine);
    CHECK(again(*all, fingerprint("sk-mine"))->secret.reveal() == "sk-mine");
}
