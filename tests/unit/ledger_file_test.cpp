// The ledger as a file: its lock, its modes, its older and its damaged versions, its indexes.
#include <sqlite3.h>
#include <sys/stat.h>

#include "daemon/ledger/schema.hpp"
#include "daemon/ledger/store.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/first_ledger.hpp"
#include "tests/support/temp_directory.hpp"
#include "tests/unit/ledger_rows.hpp"

using namespace eph;
using namespace eph::test;
using namespace std::chrono_literals;

namespace {

// The first column of a query's rows, on a connection of its own.
std::vector<std::string> ask(const std::filesystem::path& file, const std::string& sql, int column = 0) {
    Database database{file.string()};
    Statement statement{database, sql};
    std::vector<std::string> rows;
    while (statement.step()) rows.push_back(statement.text(column));
    return rows;
}

std::string plan_of(const std::filesystem::path& file, const std::string& sql) {
    std::string plan;
    for (const std::string& step : ask(file, "EXPLAIN QUERY PLAN " + sql, 3)) plan += step + "\n";
    return plan;
}

mode_t mode_of(const std::filesystem::path& path) {
    struct stat info {};
    REQUIRE(stat(path.c_str(), &info) == 0);
    return info.st_mode & 0777;
}

}  // namespace

TEST_CASE("one ledger has one ephd") {
    const TempDirectory temp;
    const std::filesystem::path file = temp / "ledger.db";
    {
        const Ledger first{file};
        const Error error = error_of([&] { Ledger{file}; });
        CHECK(error.code() == Code::busy);
        CHECK(error.message() == "another ephd already works with the ledger " + file.string());
        CHECK(error.hint() == "Use that one, or stop it first.");
    }
    CHECK_NOTHROW(Ledger{file});
}

TEST_CASE("a failed start gives the lock back") {
    const TempDirectory temp;
    const std::filesystem::path file = temp / "ledger.db";
    Database{file.string()}.execute("PRAGMA user_version = 1000");  // a newer ephd's
    CHECK_THROWS_AS(Ledger{file}, Error);
    std::filesystem::remove(file);
    CHECK_NOTHROW(Ledger{file});
}

TEST_CASE("the ledger is for its user's eyes only") {
    const TempDirectory temp;
    const mode_t before = umask(077);
    const Ledger ledger{temp / "state/ledger.db"};
    umask(before);
    CHECK(mode_of(temp / "state") == 0700);
    for (const char* name : {"state/ledger.db", "state/ledger.db.lock", "state/ledger.db-wal", "state/ledger.db-shm"}) {
        INFO(name);
        CHECK(mode_of(temp / name) == 0600);
    }
}

TEST_CASE("a ledger that cannot be opened is named") {
    const TempDirectory temp;
    const std::filesystem::path file = temp / std::string(255, 'x');  // beside which no lock has a name
    CHECK(error_of([&] { Ledger{file}; }).message() == "cannot open " + file.string() + ".lock: File name too long");
}

TEST_CASE("a ledger of a newer ephd is refused and left as it is") {
    const TempDirectory temp;
    const std::filesystem::path file = temp / "ledger.db";
    { const Ledger ledger{file}; }
    Database{file.string()}.execute("PRAGMA user_version = 99");
    const Error error = error_of([&] { Ledger{file}; });
    CHECK(error.message() == "the ledger " + file.string() + " was written by a newer ephd");
    CHECK(error.hint() == "Update ephd.");
    CHECK(ask(file, "PRAGMA user_version") == std::vector<std::string>{"99"});
}

TEST_CASE("a fresh ledger is brought to the newest version, and opening it again changes nothing") {
    const TempDirectory temp;
    const std::filesystem::path file = temp / "ledger.db";
    {
        Ledger ledger{file};
        add_live(ledger, "k1");
    }
    const auto schema = ask(file, "SELECT sql FROM sqlite_schema ORDER BY name");
    {
        Ledger ledger{file};
        CHECK(ledger.key(KeyId{"k1"})->state == KeyState::live);
    }
    CHECK(ask(file, "SELECT sql FROM sqlite_schema ORDER BY name") == schema);
    CHECK(ask(file, "PRAGMA journal_mode") == std::vector<std::string>{"wal"});
    CHECK(ask(file, "PRAGMA integrity_check") == std::vector<std::string>{"ok"});
}

TEST_CASE("what is due next is one step in the partial index") {
    const TempDirectory temp;
    const std::filesystem::path file = temp / "ledger.db";
    {
        Ledger ledger{file};
        add_live(ledger, "k1");
    }
    for (const char* sql : {"SELECT " EPH_KEY_COLUMNS " FROM keys WHERE due IS NOT NULL ORDER BY due LIMIT 17",
                            "SELECT " EPH_KEY_COLUMNS " FROM keys WHERE due IS NOT NULL ORDER BY due"}) {
        const std::string plan = plan_of(file, sql);
        INFO(plan);
        CHECK(plan.find("keys_due") != plan.npos);
        CHECK(plan.find("TEMP B-TREE") == plan.npos);
    }
    const std::string places =
        plan_of(file, "SELECT DISTINCT provider, project, base_url FROM keys WHERE due IS NOT NULL");
    CHECK(places.find("keys_due") != places.npos);
}

TEST_CASE("no lookup walks through all keys") {
    const TempDirectory temp;
    const std::filesystem::path file = temp / "ledger.db";
    {
        Ledger ledger{file};
        add_live(ledger, "k1");
    }
    const std::string plan = plan_of(
        file, "SELECT " EPH_KEY_COLUMNS
              " FROM keys WHERE id = ?1 OR name = ?1 OR (next_name <> '' AND next_name = ?1) "
              "OR (service_account_id <> '' AND service_account_id = ?1) OR (api_key_id <> '' AND api_key_id = ?1) "
              "UNION SELECT " EPH_KEY_COLUMNS
              " FROM keys WHERE id >= ?1 AND id < ?2 "
              "UNION SELECT " EPH_KEY_COLUMNS " FROM keys WHERE name >= ?1 AND name < ?2 ORDER BY due DESC LIMIT 50");
    INFO(plan);
    CHECK(plan.find("SCAN keys") == plan.npos);
    CHECK(plan_of(file, "SELECT * FROM sessions WHERE state = 'active' ORDER BY started")
              .find("SCAN sessions USING INDEX sessions_active") != plan.npos);
    CHECK(plan_of(file, "SELECT * FROM keys ORDER BY created DESC LIMIT 10").find("TEMP B-TREE") == plan.npos);
}

TEST_CASE("a full disk is told as such, and nothing is half written") {
    const TempDirectory temp;
    const std::filesystem::path file = temp / "ledger.db";
    Database database{file.string()};
    prepare_schema(database);
    database.execute("PRAGMA max_page_count = 1");  // the smallest that SQLite allows: what there is
    Error failure{Code::internal, ""};
    for (int i = 0; i < 10'000 && failure.message().empty(); ++i) {
        try {
            Transaction transaction{database};
            Statement insert{database,
                             "INSERT INTO audit (at, actor, event, key, session, host, detail) VALUES (1, '', '', '', "
                             "'', '', zeroblob(1) || ?)"};
            insert.run(std::string(1000, 'x'));
            transaction.commit();
        } catch (const Error& error) {
            failure = error;
        }
    }
    CHECK(failure.message() == "the ledger " + file.string() + ": database or disk is full");
    CHECK(failure.hint() == "The disk is full: make room on it.");
    CHECK(ask(file, "PRAGMA integrity_check") == std::vector<std::string>{"ok"});
}

TEST_CASE("the state of a key and its due moment cannot contradict each other") {
    const TempDirectory temp;
    const std::filesystem::path file = temp / "ledger.db";
    {
        Ledger ledger{file};
        add_live(ledger, "k1");
    }
    Database database{file.string()};
    for (const char* sql : {"UPDATE keys SET due = NULL", "UPDATE keys SET state = 'revoked'",
                            "UPDATE keys SET state = 'lost'", "UPDATE keys SET created = 'yesterday'"}) {
        INFO(sql);
        CHECK_THROWS_AS(database.execute(sql), Error);
    }
}

TEST_CASE("a ledger of the first version keeps its keys, its sessions and its trail") {
    const TempDirectory temp;
    const std::filesystem::path file = temp / "ledger.db";
    std::vector<std::string> schema;
    {
        Ledger ledger{file};
        for (const char* id : {"k1", "k2", "k3"}) {
            KeyRow key = a_key(id);
            key.session = SessionId{"s" + std::string{id}};
            ledger.intend(key, a_session("s" + std::string{id}, key), "test");
        }
        ledger.live(made("k1", "svc_k1", "key_k1"));
        ledger.live(made("k2", "svc_k2", "key_k2"));
        ledger.revoke(KeyId{"k2"}, "asked", moment, "test");
        ledger.revoked(KeyId{"k2"}, "confirmed");
        ledger.session_over(SessionId{"sk2"}, "asked", 3, "test");
        schema = ask(file, "SELECT sql FROM sqlite_schema WHERE type <> 'table' ORDER BY name");
    }
    Database{file.string()}.execute(back_to_version_1);
    Ledger ledger{file};
    CHECK(ask(file, "PRAGMA user_version") == std::vector<std::string>{"5"});
    CHECK(ask(file, "PRAGMA integrity_check") == std::vector<std::string>{"ok"});
    CHECK(ask(file, "PRAGMA foreign_key_check").empty());
    CHECK(ask(file, "SELECT sql FROM sqlite_schema WHERE type <> 'table' ORDER BY name") == schema);
    CHECK(ledger.unsettled_keys().size() == 2);
    CHECK(ledger.active_sessions().size() == 2);
    const KeyRow live = ledger.key(KeyId{"k1"}).value();
    CHECK((live.provider_expiry == live.deadline + 1min));  // as it was asked for
    CHECK_FALSE(live.expiry_named);
    CHECK(live.next_name.empty());
    const KeyRow revoked = ledger.key(KeyId{"k2"}).value();
    CHECK(revoked.state == KeyState::revoked);
    CHECK(revoked.outcome == "confirmed");
    const SessionRow over = ledger.session(SessionId{"sk2"}).value();
    CHECK(over.credential == "key");
    CHECK((over.key == KeyId{"k2"}));
    CHECK(over.exit_status == 3);
    CHECK(ledger.audit(0, 100).size() == 11);
}

TEST_CASE("a ledger of the second version keeps its sessions, those without a key too") {
    const TempDirectory temp;
    const std::filesystem::path file = temp / "ledger.db";
    std::vector<std::string> schema;
    {
        Ledger ledger{file};
        KeyRow key = a_key("k1");
        key.session = SessionId{"s1"};
        ledger.intend(key, a_session("s1", key), "test");
        ledger.live(made("k1", "svc_k1", "key_k1"));
        SessionRow manual = a_session("s2", KeyRow{});
        manual.credential = "manual";
        ledger.start_without_key(manual, "test");
        ledger.session_over(SessionId{"s2"}, "agent_exited", 0, "test");
        schema = ask(file, "SELECT sql FROM sqlite_schema ORDER BY name");
    }
    Database{file.string()}.execute(back_to_version_2);
    Ledger ledger{file};
    CHECK(ask(file, "PRAGMA user_version") == std::vector<std::string>{"5"});
    CHECK(ask(file, "PRAGMA foreign_key_check").empty());
    CHECK(ask(file, "SELECT sql FROM sqlite_schema ORDER BY name") == schema);
    REQUIRE(ledger.active_sessions().size() == 1);
    CHECK((ledger.active_sessions().front().key == KeyId{"k1"}));
    CHECK_FALSE(ledger.active_sessions().front().broker);
    const SessionRow over = ledger.session(SessionId{"s2"}).value();
    CHECK(over.credential == "manual");
    CHECK(over.key.empty());
    CHECK(over.exit_status == 0);
}

TEST_CASE("what SQLite quotes of a damaged ledger steers no terminal") {
    const TempDirectory temp;
    const std::filesystem::path file = temp / "ledger.db";
    { const Ledger made{file}; }
    {
        Database database{file.string()};
        database.execute(
            "PRAGMA writable_schema=ON; UPDATE sqlite_master SET sql = 'CREATE TABLE keys(' || char(27) || '[2J)' "
            "WHERE name = 'keys'");
    }
    Database database{file.string()};
    const Error error = error_of([&] { database.execute("SELECT * FROM keys"); });
    CHECK(error.code() == Code::storage);
    CHECK(error.message().find("malformed database schema") != std::string::npos);
    CHECK(error.message().find('\x1b') == std::string::npos);
}

TEST_CASE("a state that no ephd has written is told in one clean line") {
    const TempDirectory temp;
    const std::filesystem::path file = temp / "ledger.db";
    KeyRow key;
    {
        Ledger ledger{file};
        key = a_key("a");
        ledger.intend(key, std::nullopt, "test");
    }
    Ledger ledger{file};  // first: the look at its start would find it
    Database{file.string()}.execute(
        "PRAGMA ignore_check_constraints=ON; UPDATE keys SET state = 'crea' || char(27) || 'ting'");
    const Error error = error_of([&] { (void)ledger.key(key.id); });
    CHECK(error.message() == "the ledger holds an unknown state 'creating'");
}
