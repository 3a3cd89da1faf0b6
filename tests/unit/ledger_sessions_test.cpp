// Sessions and the audit trail.
#include <sqlite3.h>

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

    void start(const std::string& id) {
        KeyRow key = a_key("k" + id);
        key.session = SessionId{id};
        ledger.intend(key, a_session(id, key), "test");
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a session stands in the ledger with its key from the first moment") {
    start("s1");
    const SessionRow session = ledger.session(SessionId{"s1"}).value();
    CHECK(session.state == SessionState::active);
    CHECK(session.key == KeyId{"ks1"});
    CHECK(session.host == "web.example");
    CHECK(session.agent == "pi");
    CHECK((session.deadline == moment + 2h));
    CHECK(ledger.key(KeyId{"ks1"})->session == SessionId{"s1"});
    CHECK(ledger.active_sessions().size() == 1);
}

TEST_CASE_METHOD(Fixture, "a session that is over stays over, with its first reason") {
    start("s1");
    ledger.session_over(SessionId{"s1"}, "agent_exited", 3, "client");
    ledger.session_over(SessionId{"s1"}, "deadline", std::nullopt, "janitor");
    const SessionRow session = ledger.session(SessionId{"s1"}).value();
    CHECK(session.state == SessionState::over);
    CHECK(session.end_reason == "agent_exited");
    CHECK(session.exit_status == 3);
    CHECK(session.ended);
    CHECK(ledger.active_sessions().empty());
    CHECK(ledger.recent_sessions(10).size() == 1);
}

TEST_CASE_METHOD(Fixture, "a session is found by any unambiguous beginning") {
    start("abc");
    start("abd");
    CHECK(ledger.find_session("abc")->id.text() == "abc");
    CHECK(ledger.find_session("abd")->id.text() == "abd");
    for (const char* reference : {"", "x", "AB", "ab%", "abcd"}) CHECK_FALSE(ledger.find_session(reference));
    CHECK(error_of([&] { ledger.find_session("ab"); }).message() == "'ab' fits 2 sessions: abc, abd");
    ledger.session_over(SessionId{"abd"}, "asked", std::nullopt, "test");
    CHECK(ledger.find_session("ab")->id.text() == "abc");
}

TEST_CASE_METHOD(Fixture, "the audit trail says who did what to which key on which host") {
    start("s1");
    ledger.session_over(SessionId{"s1"}, "agent_exited", 0, "uid 7 pid 8");
    const std::vector<AuditRow> trail = ledger.audit(0, 100);
    REQUIRE(trail.size() == 3);
    CHECK(trail[1].event == "session_started");
    CHECK(trail[2].event == "session_over");
    CHECK(trail[2].actor == "uid 7 pid 8");
    CHECK(trail[2].detail == "agent_exited");
    for (const AuditRow& each : trail) {
        CHECK(each.key == KeyId{"ks1"});
        CHECK(each.session == SessionId{"s1"});
        CHECK(each.host == "web.example");
    }
    CHECK(ledger.audit(trail[0].seq, 100).size() == 2);
    CHECK(ledger.audit(trail[2].seq, 100).empty());
    CHECK(ledger.audit(0, 1).size() == 1);
}

TEST_CASE_METHOD(Fixture, "nobody rewrites the audit trail") {
    start("s1");
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open((temp / "ledger.db").c_str(), &database) == SQLITE_OK);
    for (const char* sql :
         {"UPDATE audit SET actor = 'nobody'", "DELETE FROM audit", "DELETE FROM audit WHERE seq = 1"}) {
        char* message = nullptr;
        CHECK(sqlite3_exec(database, sql, nullptr, nullptr, &message) == SQLITE_CONSTRAINT);
        CHECK(std::string{message} == "the audit trail is append-only");
        sqlite3_free(message);
    }
    sqlite3_close(database);
    CHECK(ledger.audit(0, 100).size() == 2);
}
