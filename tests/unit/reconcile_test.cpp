// What a provider's list says about the ledger.
#include "common/key_name.hpp"
#include "daemon/janitor/policy.hpp"
#include "tests/support/catch.hpp"

using namespace eph;
using namespace std::chrono;

namespace {

const Timestamp moment = Timestamp{sys_days{year{2026} / 11 / 23}};

std::string name_until(Timestamp until) { return new_key_name("web", moment - 4h, until).text(); }

Listed listed(std::string name, std::string id = "svc_acct_1") {
    return {std::move(id), std::move(name), moment - 4h, false};
}

struct Known {
    Known(const std::string& name, KeyState state, Duration left = 1h, Duration age = 4h) {
        KeyRow row;
        row.id = KeyId{"k1"};
        row.name = name;
        row.state = state;
        row.created = moment - age;
        row.deadline = moment + left;
        if (state == KeyState::revoked) row.revoked = moment - 1h;
        rows.emplace(name, row);
    }
    std::map<std::string, KeyRow> rows;
};

// adopt, revive, maybe_gone, revoke, listed, left
struct Expected {
    std::size_t adopt = 0, revive = 0, maybe_gone = 0, revoke = 0;
    std::int64_t listed = 0, left = 0;
};

void check(const Plan& plan, const Expected& expected) {
    CHECK(plan.adopt.size() == expected.adopt);
    CHECK(plan.revive.size() == expected.revive);
    CHECK(plan.maybe_gone.size() == expected.maybe_gone);
    CHECK(plan.revoke.size() == expected.revoke);
    CHECK(plan.listed == expected.listed);
    CHECK(plan.left == expected.left);
}

}  // namespace

TEST_CASE("what no tool of this kind made is not even counted") {
    const std::vector<Listed> list{listed("ci"), listed("eph-web"), listed(""), listed("eph-web-exp-soon"),
                                   listed("production")};
    for (const bool all : {false, true}) check(reconcile(list, {}, moment, moment, all), {});
}

TEST_CASE("another machine's key is taken over once its time is over, and not before") {
    struct Row {
        Duration left;
        bool all;
        Expected expected;
    };
    const Row table[] = {
        {-1s, false, {.adopt = 1, .listed = 1}}, {0s, false, {.adopt = 1, .listed = 1}},
        {1s, false, {.listed = 1, .left = 1}},   {24h, false, {.listed = 1, .left = 1}},
        {24h, true, {.adopt = 1, .listed = 1}},
    };
    for (const Row& row : table)
        check(reconcile({listed(name_until(moment + row.left))}, {}, moment, moment, row.all), row.expected);
}

TEST_CASE("a key of ours that is listed is dealt with by its state") {
    struct Row {
        const char* what;
        KeyState state;
        Duration left;
        bool all;
        Expected expected;
    };
    const Row table[] = {
        {"live", KeyState::live, 1h, false, {.listed = 1, .left = 1}},
        {"live, all", KeyState::live, 1h, true, {.revoke = 1, .listed = 1}},
        {"live and over: the janitor has it due anyway", KeyState::live, -1s, false, {.listed = 1}},
        {"creating", KeyState::creating, 1h, false, {.listed = 1}},
        {"creating, all", KeyState::creating, 1h, true, {.listed = 1}},
        {"revoking", KeyState::revoking, 1h, true, {.listed = 1}},
        {"revoked, and yet there", KeyState::revoked, 1h, false, {.revive = 1, .listed = 1}},
        {"revoked, over, and yet there", KeyState::revoked, -1h, true, {.revive = 1, .listed = 1}},
    };
    for (const Row& row : table) {
        INFO(row.what);
        const std::string name = name_until(moment + row.left);
        check(reconcile({listed(name)}, Known{name, row.state, row.left}.rows, moment, moment, row.all), row.expected);
    }
}

TEST_CASE("a key that is being renamed is known by either of its names") {
    const std::string name = name_until(moment + 1h);
    const std::string next_name = name_with_end(name, moment + 2h);
    struct Row {
        const char* what;
        std::vector<std::string> listed;
        KeyState state;
        bool all;
        Expected expected;
    };
    const Row table[] = {
        {"the old one", {name}, KeyState::live, false, {.listed = 1, .left = 1}},
        {"the next one", {next_name}, KeyState::live, false, {.listed = 1, .left = 1}},
        {"the next one, all", {next_name}, KeyState::live, true, {.revoke = 1, .listed = 1}},
        {"the next one, revoking", {next_name}, KeyState::revoking, true, {.listed = 1}},
        {"the next one, revoked", {next_name}, KeyState::revoked, false, {.revive = 1, .listed = 1}},
        {"neither", {}, KeyState::live, false, {.maybe_gone = 1}},
        {"both, which is one key all the same", {name, next_name}, KeyState::live, true, {.revoke = 1, .listed = 1}},
    };
    for (const Row& row : table) {
        INFO(row.what);
        Known known{name, row.state};
        known.rows.at(name).next_name = next_name;
        known.rows.emplace(next_name, known.rows.at(name));
        std::vector<Listed> list;
        for (const std::string& each : row.listed) list.push_back(listed(each, "id of " + each));
        check(reconcile(list, known.rows, moment, moment, row.all), row.expected);
    }
}

TEST_CASE("a cleanup has to do with what is over and what is being revoked") {
    struct Row {
        KeyState state;
        Duration left;
        bool plain, all;
    };
    const Row table[] = {
        {KeyState::creating, 1h, false, false}, {KeyState::creating, -1h, false, false},
        {KeyState::live, 1h, false, true},      {KeyState::live, 0s, true, true},
        {KeyState::revoking, 1h, true, true},   {KeyState::revoking, -1h, true, true},
        {KeyState::revoked, 1h, false, false},  {KeyState::revoked, -1h, false, false},
    };
    for (const Row& row : table) {
        INFO(name_of(row.state) << " with " << row.left.count());
        KeyRow key;
        key.state = row.state;
        key.deadline = moment + row.left;
        CHECK(is_for_cleanup(key, moment, false) == row.plain);
        CHECK(is_for_cleanup(key, moment, true) == row.all);
    }
}

TEST_CASE("a key that was revoked while the list was read is not revoked again") {
    const std::string name = name_until(moment + 1h);
    Known known{name, KeyState::revoked};
    known.rows.at(name).revoked = moment + 1s;
    known.rows.at(name).service_account_id = "svc_acct_1";
    check(reconcile({listed(name)}, known.rows, moment, moment + 2s, false), {.listed = 1});
}

TEST_CASE("a second account of its name is revoked, though the key was while the list was read") {
    const std::string name = name_until(moment + 1h);
    Known known{name, KeyState::revoked};
    known.rows.at(name).revoked = moment + 1s;
    known.rows.at(name).service_account_id = "svc_acct_1";
    for (const auto& list : {std::vector{listed(name, "svc_acct_2")}, {listed(name), listed(name, "svc_acct_2")}})
        check(reconcile(list, known.rows, moment, moment + 2s, false), {.revive = 1, .listed = 1});
}

TEST_CASE("a revocation that a fast clock recorded does not hide a key that is still listed") {
    const std::string name = name_until(moment + 1h);
    Known known{name, KeyState::revoked};
    known.rows.at(name).revoked = moment + 2h;  // the clock was set back since
    CHECK(reconcile({listed(name)}, known.rows, moment, moment + 2s, false).revive.size() == 1);
}

TEST_CASE("a live key that is not listed may be gone, unless it is younger than the list") {
    const std::string name = name_until(moment + 1h);
    check(reconcile({}, Known{name, KeyState::live}.rows, moment, moment, false), {.maybe_gone = 1});
    check(reconcile({}, Known{name, KeyState::live, 1h, 59s}.rows, moment, moment, false), {});
    check(reconcile({}, Known{name, KeyState::live, 1h, -1s}.rows, moment, moment, false), {});
    check(reconcile({}, Known{name, KeyState::creating}.rows, moment, moment, false), {});
    check(reconcile({}, Known{name, KeyState::revoking}.rows, moment, moment, false), {});
    check(reconcile({listed("something-else")}, Known{name, KeyState::live}.rows, moment, moment, true),
          {.maybe_gone = 1});
}

TEST_CASE("several accounts of one name are one key, and go by their name") {
    const std::string name = name_until(moment - 1h);
    const std::vector<Listed> twice{listed(name, "svc_acct_1"), listed(name, "svc_acct_2")};
    const Plan foreign = reconcile(twice, {}, moment, moment, false);
    check(foreign, {.adopt = 1, .listed = 1});
    CHECK(foreign.adopt.at(0).id.empty());
    CHECK(foreign.adopt.at(0).name == name);

    const Plan known = reconcile(twice, Known{name, KeyState::revoked}.rows, moment, moment, false);
    check(known, {.revive = 1, .listed = 1});
    CHECK(known.revive.at(0).second.empty());
}

TEST_CASE("what is revived goes by the id that the list gives") {
    const std::string name = name_until(moment + 1h);
    const Plan plan = reconcile({listed(name, "user-9")}, Known{name, KeyState::revoked}.rows, moment, moment, false);
    CHECK(plan.revive.at(0).first == KeyId{"k1"});
    CHECK(plan.revive.at(0).second == "user-9");
}

TEST_CASE("a hundred thousand accounts are compared in a moment") {
    std::vector<Listed> list;
    for (int i = 0; i < 100'000; ++i)
        list.push_back(
            listed("eph-x" + std::to_string(i) + "-20260101T000000Z-exp-20260101T020000Z-r", "id" + std::to_string(i)));
    const auto began = steady_clock::now();
    CHECK(reconcile(list, {}, moment, moment, false).adopt.size() == 100'000);
    CHECK(steady_clock::now() - began < 60s);  // under a sanitizer on a busy machine; each with each would be hours
}

TEST_CASE("a list tells of keys of its own project alone, and brings back those of its own address alone") {
    const Place place{"openai", "proj_1", "https://api.openai.com/v1"};
    const Place another_way{"openai", "proj_1", "https://gateway.example/v1"};
    const Place elsewhere{"openai", "proj_2", "https://api.openai.com/v1"};
    KeyRow row;
    row.place = place;
    for (const KeyState state : {KeyState::creating, KeyState::live, KeyState::revoking, KeyState::revoked}) {
        INFO(name_of(state));
        row.state = state;
        CHECK(may_speak_of(place, row));
        CHECK(may_speak_of(another_way, row) == (state != KeyState::revoked));
        CHECK_FALSE(may_speak_of(elsewhere, row));
    }
}
