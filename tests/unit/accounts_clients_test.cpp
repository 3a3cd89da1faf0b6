// Accounts that came with requests: which are kept.
#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/unit/settled_accounts.hpp"

using namespace eph;
using namespace eph::test;

namespace {

struct Fixture : AccountsFixture {
    static Credential credential(const std::string& key, const char* project = "proj_1") {
        Credential sent;
        sent.secret = Secret{key};
        sent.project = project;
        return sent;
    }
    void note(int from, int to) {
        for (int i = from; i < to; ++i) all->remember(credential("sk-" + std::to_string(i)));
    }
    static std::string fingerprint(int i) { return fingerprint_of(Secret{"sk-" + std::to_string(i)}); }
    bool has(const std::string& fingerprint) {
        const std::vector<AccountRef> loaded = all->loaded();
        return std::any_of(loaded.begin(), loaded.end(),
                           [&](const AccountRef& each) { return each->fingerprint == fingerprint; });
    }

    const Place here{"openai", "proj_1", "https://api.openai.com/v1"};
    std::unique_ptr<SettledAccounts> all = accounts();
};

}  // namespace

TEST_CASE_METHOD(Fixture, "an account of a client stays for as long as its place is needed") {
    (void)all->pick("openai", credential("sk-1"));
    (void)all->pick("openai", credential("sk-1"));
    CHECK(all->loaded().size() == 1);
    all->forget_clients_except({here});
    CHECK(all->loaded().size() == 1);
    all->forget_clients_except({});
    CHECK(all->loaded().empty());
}

TEST_CASE_METHOD(Fixture, "of one place sixteen accounts of clients are kept, and the one that came first goes") {
    note(0, 16);
    all->remember(credential("sk-elsewhere", "proj_2"));
    CHECK(all->loaded().size() == 17);
    note(16, 17);
    CHECK(all->loaded().size() == 17);
    CHECK_FALSE(has(fingerprint(0)));
    CHECK(has(fingerprint(1)));
    CHECK(has(fingerprint(16)));
}

TEST_CASE_METHOD(Fixture, "an account goes last with which something unsettled was made, or is under way") {
    std::set<std::string> used{fingerprint(1)};
    all->in_use = [&](const Place& place) { return place == here ? used : std::set<std::string>{}; };
    const AccountRef works = all->pick("openai", credential("sk-0"));
    note(1, 40);
    CHECK(all->loaded().size() == 16);
    CHECK(has(fingerprint(0)));
    CHECK(has(fingerprint(1)));
    CHECK_FALSE(has(fingerprint(25)));
    CHECK(has(fingerprint(26)));
    for (int i = 2; i < 100; ++i) used.insert(fingerprint(i));
    note(40, 41);  // all of them are
    CHECK(all->loaded().size() == 16);
    CHECK_FALSE(has(fingerprint(0)));
    CHECK(has(fingerprint(40)));
}

TEST_CASE_METHOD(Fixture, "an account that went to make room is announced when it comes again") {
    int announced = 0;
    all->on_loaded = [&](const Place&) { ++announced; };
    note(0, 17);
    CHECK(announced == 17);
    note(16, 17);
    CHECK(announced == 17);
    note(0, 1);
    CHECK(announced == 18);
}

TEST_CASE_METHOD(Fixture, "a client's key that the provider refuses is forgotten, unless it is the last of its place") {
    const AccountRef one = all->pick("openai", credential("sk-1"));
    all->remember(credential("sk-elsewhere", "proj_2"));
    all->refused(one);
    CHECK(has(fingerprint(1)));
    note(2, 3);
    all->refused(one);
    CHECK_FALSE(has(fingerprint(1)));
    CHECK(has(fingerprint(2)));
    CHECK(all->loaded().size() == 2);
}

TEST_CASE_METHOD(Fixture, "a client's key that the provider refuses makes room for one that a store may give") {
    configure(R"({"openai": {"store": "command", "command": "echo sk-stored", "project_id": "proj_1"}})");
    const AccountRef refused = all->pick("openai", credential("sk-1"));
    all->refused(refused);
    CHECK(all->loaded().empty());
    CHECK(all->for_place(here, fingerprint(1), 0)->secret.reveal() == "sk-stored");
}
