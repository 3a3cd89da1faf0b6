// An extension in the ledger, step by step; sessions without a key.
#include "tests/support/error_of.hpp"
#include "tests/support/temp_directory.hpp"
#include "tests/unit/ledger_rows.hpp"

using namespace eph;
using namespace eph::test;
using namespace std::chrono_literals;

namespace {

struct Fixture {
    TempDirectory temp;
    Ledger ledger{temp / "ledger.db"};
    const KeyId key{"k1"};
    SessionRow session;

    Fixture() {
        KeyRow row = a_key("k1");
        row.session = SessionId{"s1"};
        session = a_session("s1", row);
        ledger.intend(row, session, "test");
        KeyRow live = made("k1", "svc_1", "key_1");
        live.provider_expiry = moment + 2h + 1min;
        live.expiry_named = true;
        ledger.live(live);
    }
    KeyRow row() { return ledger.key(key).value(); }
};

constexpr const char* old_name = "eph-web-k1";
constexpr const char* next_name = "eph-web-k1-later";

}  // namespace

TEST_CASE_METHOD(Fixture, "what the provider said of a key's expiry is kept") {
    CHECK((row().provider_expiry == moment + 2h + 1min));
    CHECK(row().expiry_named);
    add_live(ledger, "k2");
    CHECK_FALSE(ledger.key(KeyId{"k2"})->provider_expiry);
}

TEST_CASE_METHOD(Fixture, "while a key is renamed it is found by either name, and its old end counts") {
    ledger.renaming(key, next_name);
    CHECK(row().name == old_name);
    CHECK(row().next_name == next_name);
    CHECK((row().deadline == moment + 2h));
    for (const char* name : {old_name, next_name}) {
        CHECK(ledger.key_by_name(name)->id == key);
        CHECK(ledger.find_key(name)->id == key);
    }
}

TEST_CASE_METHOD(Fixture, "a rename that did not happen leaves the key as it was") {
    ledger.renaming(key, next_name);
    ledger.not_renamed(key);
    CHECK(row().name == old_name);
    CHECK(row().next_name.empty());
    CHECK_FALSE(ledger.key_by_name(next_name));
}

TEST_CASE_METHOD(Fixture, "a rename that is seen at the provider later changes the name and not the end") {
    ledger.renaming(key, next_name);
    ledger.renamed(key);
    CHECK(row().name == next_name);
    CHECK(row().next_name.empty());
    CHECK((row().deadline == moment + 2h));
    ledger.renamed(key);
    CHECK(row().name == next_name);
}

TEST_CASE_METHOD(Fixture, "an extension changes name, end, expiry and session at once, and the trail says so") {
    ledger.renaming(key, next_name);
    ledger.extended(session, moment + 3h, moment + 3h + 1min, "uid 7");
    CHECK(row().name == next_name);
    CHECK(row().next_name.empty());
    CHECK((row().deadline == moment + 3h));
    CHECK((row().due == moment + 3h));
    CHECK((row().provider_expiry == moment + 3h + 1min));
    CHECK((ledger.session(session.id)->deadline == moment + 3h));
    const AuditRow last = ledger.last_of_audit(1).at(0);
    CHECK(last.event == "extended");
    CHECK(last.actor == "uid 7");
    CHECK(last.detail == "until 2026-11-23T03:00:00Z");
    CHECK(last.key == key);
    CHECK(last.session == session.id);
}

TEST_CASE_METHOD(Fixture, "what is over cannot be extended, and nothing of it is half done") {
    const auto refused = [&](auto step) {
        const Error error = error_of(step);
        CHECK(error.code() == Code::session_over);
    };
    SECTION("the key is being revoked") {
        ledger.renaming(key, next_name);
        ledger.revoke(key, "deadline", moment, "janitor");
        refused([&] { ledger.renaming(key, "another"); });
        refused([&] { ledger.extended(session, moment + 3h, {}, "test"); });
        CHECK(row().next_name == next_name);
    }
    SECTION("the session is over") {
        ledger.session_over(session.id, "asked", std::nullopt, "test");
        refused([&] { ledger.extended(session, moment + 3h, {}, "test"); });
        CHECK(row().name == old_name);
    }
    CHECK((row().deadline == moment + 2h));
    CHECK((ledger.session(session.id)->deadline == moment + 2h));
}

TEST_CASE_METHOD(Fixture, "a session without a key stands in the ledger and in the trail, and is extended alone") {
    SessionRow manual = session;
    manual.id = SessionId{"s2"};
    manual.key = KeyId{};
    manual.credential = "manual";
    manual.provider = "anthropic";
    ledger.start_without_key(manual, "test");
    ledger.extended(manual, moment + 5h, {}, "test");
    ledger.session_over(manual.id, "deadline", std::nullopt, "ephd");
    const SessionRow over = ledger.session(manual.id).value();
    CHECK(over.credential == "manual");
    CHECK(over.key.empty());
    CHECK((over.deadline == moment + 5h));
    const auto trail = ledger.last_of_audit(3);
    REQUIRE(trail.size() == 3);
    const std::vector<std::string> events{trail[0].event, trail[1].event, trail[2].event};
    CHECK(events == std::vector<std::string>{"session_started", "extended", "session_over"});
    for (const AuditRow& each : trail) {
        CHECK(each.session == manual.id);
        CHECK(each.host == "web.example");
    }
}

TEST_CASE_METHOD(Fixture, "whoever listens is told of every new line of the trail") {
    int told = 0;
    ledger.on_note([&] { ++told; });
    ledger.revoke(key, "asked", moment, "test");
    ledger.revoke(key, "asked", moment, "test");  // no change, no line
    CHECK(told == 1);
    CHECK(ledger.last_of_audit(2).at(1).event == "revoking");
    CHECK(ledger.last_of_audit(2).at(0).event == "live");
}
