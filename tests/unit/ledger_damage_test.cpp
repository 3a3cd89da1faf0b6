// A damaged ledger: what counts as damage, what is kept of it, and that nothing that can be killed in between loses it.
#include <sys/stat.h>

#include <fstream>

#include "daemon/ledger/damage.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temp_directory.hpp"
#include "tests/unit/ledger_rows.hpp"

using namespace eph;
using namespace eph::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

std::string bytes_of(const fs::path& file) {
    std::ifstream stream{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

void write_bytes(const fs::path& file, const std::string& bytes) {
    std::ofstream{file, std::ios::binary | std::ios::trunc} << bytes;
}

void overwrite(const fs::path& file, std::size_t at, const std::string& bytes) {
    std::string all = bytes_of(file);
    REQUIRE(all.size() >= at + bytes.size());
    all.replace(at, bytes.size(), bytes);
    write_bytes(file, all);
}

struct Fixture {
    TempDirectory temp;
    fs::path file = temp / "ledger.db";
    std::string ending = "-exp-" + compact_utc(std::chrono::floor<std::chrono::seconds>(now() + 1h)) + "-abcdefghij";
    std::string name = "eph-web" + ending;

    // As a crash leaves it: all that was written last is in the WAL.
    void crashed(int keys = 1) {
        const TempDirectory elsewhere;
        {
            Ledger ledger{file};
            for (int i = 0; i < keys; ++i) {
                KeyRow key = a_key("k" + std::to_string(i));
                if (i == 0) key.name = name;
                ledger.intend(key, std::nullopt, "test");
            }
            for (const char* part : {"", "-wal", "-shm"})
                fs::copy_file(file.string() + part, (elsewhere / "copy").string() + part);
        }
        for (const char* part : {"", "-wal", "-shm"})
            fs::copy_file((elsewhere / "copy").string() + part, file.string() + part,
                          fs::copy_options::overwrite_existing);
    }
    void is_set_aside(Ledger& ledger) {
        REQUIRE(ledger.damaged_files().size() == 1);
        struct stat status {};
        REQUIRE(stat(ledger.damaged_files().front().c_str(), &status) == 0);
        CHECK((status.st_mode & 0777) == 0600);
        CHECK(ledger.unsettled_keys().empty());
        CHECK(ledger.damaged_at(place).has_value());
        CHECK_FALSE(fs::exists(temp / "ledger.db.setting-aside"));
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a ledger that a crash has left is no damaged one") {
    crashed();
    Ledger ledger{file};
    CHECK(ledger.damaged_files().empty());
    CHECK(ledger.key(KeyId{"k0"})->name == name);
    CHECK(ledger.lost_names(now()).empty());
}

TEST_CASE_METHOD(Fixture, "what is no ledger any more is set aside, and the names in its bytes are remembered") {
    crashed(50);
    SECTION("its header is another") {
        { const Ledger clean{file}; }
        overwrite(file, 0, std::string(100, 'x'));
    }
    SECTION("its first page is garbage, behind the header") {
        { const Ledger clean{file}; }  // checkpointed
        overwrite(file, 100, std::string(3000, '\xee'));
    }
    SECTION("it is cut") {
        { const Ledger clean{file}; }
        write_bytes(file, bytes_of(file).substr(0, 4096 * 3));
        write_bytes(file.string() + "-wal", name);  // what is left of it elsewhere
    }
    SECTION("the header of its WAL is garbage") { overwrite(file.string() + "-wal", 0, std::string(32, 'x')); }
    SECTION("commits of its WAL are garbage, with others behind them") {
        overwrite(file.string() + "-wal", 32 + 3 * 4120 + 100, std::string(4000, 'x'));
    }
    Ledger ledger{file};
    is_set_aside(ledger);
    CHECK(ledger.lost_names(now()).contains(ending));
    CHECK(ledger.lost_names(now() + 2h).empty());  // it is over by then
    CHECK(ledger.audit(0, 10).at(0).event == "ledger_damaged");
    ledger.intend(a_key("k1"), std::nullopt, "test");
}

TEST_CASE_METHOD(Fixture, "a table that is missing is damage") {
    { const Ledger ledger{file}; }
    Database{file.string()}.execute("PRAGMA foreign_keys=OFF; DROP TABLE sessions");
    Ledger ledger{file};
    is_set_aside(ledger);
}

TEST_CASE_METHOD(Fixture, "a transaction that was being written when the machine stopped is no damage") {
    crashed(50);
    const std::string wal = file.string() + "-wal";
    std::string bytes = bytes_of(wal);
    SECTION("cut in the middle of its last frame") { write_bytes(wal, bytes.substr(0, bytes.size() - 100)); }
    SECTION("its last frame never reached the disk") {
        write_bytes(wal, bytes.replace(bytes.size() - 4096, 4096, 4096, '\0'));
    }
    SECTION("nothing of it is there") { write_bytes(wal, ""); }
    Ledger ledger{file};
    CHECK(ledger.damaged_files().empty());
}

TEST_CASE_METHOD(Fixture, "killed at any step of setting a ledger aside, the next start goes on with it") {
    crashed(50);
    { const Ledger clean{file}; }
    overwrite(file, 0, std::string(100, 'x'));
    for (const char* part : {"-wal", "-shm"}) write_bytes(file.string() + part, "");
    const std::string to = file.string() + ".damaged-20260101T000000Z";
    const auto begun = [&](int steps) {
        write_bytes(temp / "ledger.db.setting-aside", "20260101T000000Z\n");
        for (const char* part : {"-shm", "-wal", ""}) {
            if (steps-- > 0) fs::rename(file.string() + part, to + part);
        }
    };
    SECTION("before anything was renamed") { begun(0); }
    SECTION("after its shared memory") { begun(1); }
    SECTION("after its WAL") { begun(2); }
    SECTION("after itself") { begun(3); }
    SECTION("before the time was written") { write_bytes(temp / "ledger.db.setting-aside", ""); }
    Ledger ledger{file};
    is_set_aside(ledger);
    CHECK(ledger.lost_names(now()).contains(ending));
}

TEST_CASE_METHOD(Fixture, "one damaged ledger never overwrites an earlier one") {
    for (int i = 1; i <= 3; ++i) {
        write_bytes(file, "damaged, the " + std::to_string(i) + "th time" + std::string(4096, 'x'));
        const Ledger ledger{file};
        CHECK(ledger.damaged_files().size() == static_cast<std::size_t>(i));
    }
}

TEST_CASE_METHOD(Fixture, "damage that shows while ephd works is told at once, and the ledger goes on as a new one") {
    crashed(50);
    { const Ledger clean{file}; }
    Ledger ledger{file};
    int told = 0;
    ledger.on_damage([&] { ++told; });
    std::string bytes = bytes_of(file);
    write_bytes(file, bytes.replace(4096, bytes.size() - 4096, bytes.size() - 4096, '\xee'));
    // Written by somebody else: what ephd has in memory of it no longer counts.
    Database{file.string()}.execute("PRAGMA application_id = 1");
    const auto use = [&] {
        for (int i = 0; i < 50; ++i) (void)ledger.key(KeyId{"k" + std::to_string(i)});
        (void)ledger.recent_keys(100);
        ledger.intend(a_key("later"), std::nullopt, "test");
    };
    const Error error = error_of(use);
    CHECK(error.code() == Code::storage);
    CHECK(told == 1);
    CHECK(ledger.damaged());
    CHECK_THROWS_AS(ledger.unsettled_keys(), Error);  // nothing is done with it any more
    ledger.start_anew();
    CHECK_FALSE(ledger.damaged());
    CHECK_NOTHROW(use());
    CHECK(ledger.damaged_files().size() == 1);
    CHECK(ledger.damaged_at(place).has_value());
    ledger.rebuilt(place);
    CHECK_FALSE(ledger.damaged_at(place).has_value());
}

TEST_CASE_METHOD(Fixture, "what cannot be read for another reason is no damage, and stays where it is") {
    crashed();
    SECTION("it is of a newer ephd") { Database{file.string()}.execute("PRAGMA user_version = 99"); }
    SECTION("it is a directory") {
        fs::rename(file, temp / "elsewhere");
        fs::create_directory(file);
    }
    CHECK_THROWS_AS(Ledger{file}, Error);
    CHECK(fs::exists(file));
    CHECK(damaged_beside(file).empty());
}
