// When the ledger's calls are on the disk: what waits for that, what is told of the WAL, and what that is good for.
#include <fcntl.h>
#include <unistd.h>

#include <fstream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "daemon/ledger/damage.hpp"
#include "daemon/ledger/sqlite.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temp_directory.hpp"
#include "tests/unit/ledger_rows.hpp"

using namespace eph;
using namespace eph::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct Fixture {
    TempDirectory temp;
    fs::path file = temp / "ledger.db";
    fs::path wal = file.string() + "-wal";
    fs::path lock = file.string() + ".lock";
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> goes_on = asio::make_work_guard(context);

    std::uint32_t frames() const { return static_cast<std::uint32_t>((fs::file_size(wal) - 32) / 4120); }
    void run(Task<void> work) {
        std::exception_ptr failure;
        bool done = false;
        asio::co_spawn(context, std::move(work), [&](std::exception_ptr thrown) {
            failure = thrown;
            done = true;
        });
        while (!done) context.run_one();
        if (failure) std::rethrow_exception(failure);
    }
};

struct Crashed : Fixture {
    // As a machine that stops leaves it: so much of the WAL is known to have been on the disk.
    void crashed(std::optional<std::uint32_t> marked, std::uint32_t other_salt = 0) {
        const TempDirectory elsewhere;
        std::optional<WalMark> mark;
        {
            Ledger ledger{file};
            for (int i = 0; i < 50; ++i) ledger.intend(a_key("k" + std::to_string(i)), std::nullopt, "test");
            const int descriptor = open(wal.c_str(), O_RDONLY | O_CLOEXEC);
            mark = mark_of(descriptor, marked.value_or(0));
            close(descriptor);
            for (const char* part : {"", "-wal"})
                fs::copy_file(file.string() + part, (elsewhere / "copy").string() + part);
        }
        for (const char* part : {"", "-wal"})
            fs::copy_file((elsewhere / "copy").string() + part, file.string() + part,
                          fs::copy_options::overwrite_existing);
        if (!marked) return;
        REQUIRE(mark);
        mark->salt_2 ^= other_salt;
        const int descriptor = open(lock.c_str(), O_RDWR | O_CLOEXEC);
        CHECK(write_mark(descriptor, *mark));
        close(descriptor);
    }
    void lose_frame(std::size_t number) {
        std::fstream stream{wal, std::ios::binary | std::ios::in | std::ios::out};
        stream.seekp(static_cast<std::streamoff>(32 + (number - 1) * 4120 + 100));
        stream << std::string(4000, 'x');
    }
    bool damaged() { return wal_is_damaged(wal, read_mark(lock)); }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "what was waited for is on the disk, and the lock file tells how far the WAL is") {
    Ledger ledger{file};
    ledger.flush_beside(context.get_executor());
    CHECK(read_mark(lock)->frames == 0);
    run(ledger.durable());  // nothing to wait for
    CHECK(read_mark(lock)->frames == 0);
    ledger.intend(a_key("k1"), std::nullopt, "test");
    run(ledger.durable());
    const auto mark = read_mark(lock);
    CHECK(mark->frames == frames());
    ledger.intend(a_key("k2"), std::nullopt, "test");
    CHECK(read_mark(lock)->frames == mark->frames);
    run(ledger.durable());
    CHECK(read_mark(lock)->frames == frames());
    CHECK(read_mark(lock)->salt_1 == mark->salt_1);
    CHECK(read_mark(lock)->salt_2 == mark->salt_2);
}

TEST_CASE_METHOD(Fixture, "what nobody waits for is on the disk in a moment, too") {
    Ledger ledger{file};
    ledger.flush_beside(context.get_executor());
    asio::co_spawn(context, ledger.keep_durable(), asio::detached);
    ledger.intend(a_key("k1"), std::nullopt, "test");
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (read_mark(lock)->frames != frames() && std::chrono::steady_clock::now() < until) context.run_one_for(1s);
    CHECK(read_mark(lock)->frames == frames());
}

TEST_CASE_METHOD(Fixture, "many that wait are told together") {
    Ledger ledger{file};
    ledger.flush_beside(context.get_executor());
    int told = 0;
    for (int i = 0; i < 20; ++i) {
        ledger.intend(a_key("k" + std::to_string(i)), std::nullopt, "test");
        asio::co_spawn(context, ledger.durable(), [&](const std::exception_ptr& failure) { told += failure ? 0 : 1; });
    }
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (told < 20 && std::chrono::steady_clock::now() < until) context.run_one_for(1s);
    CHECK(told == 20);
}

TEST_CASE_METHOD(Fixture, "a ledger that is begun anew is waited for like the one before") {
    Ledger ledger{file};
    ledger.flush_beside(context.get_executor());
    ledger.intend(a_key("k1"), std::nullopt, "test");
    run(ledger.durable());
    const auto before = read_mark(lock);
    ledger.start_anew();
    ledger.intend(a_key("k2"), std::nullopt, "test");
    run(ledger.durable());
    CHECK(read_mark(lock)->salt_2 != before->salt_2);
    CHECK(read_mark(lock)->frames == frames());
}

TEST_CASE("after a flush that failed everything goes by way of the database itself") {
    const TempDirectory temp;
    const fs::path file = temp / "ledger.db";
    Database database{file.string()};
    database.execute("PRAGMA journal_mode=WAL; CREATE TABLE t (x)");
    int commits = 0;
    database.flushed_elsewhere([&] { ++commits; });
    database.execute("INSERT INTO t VALUES (1)");
    CHECK(commits == 1);
    database.be_unsure("it failed");
    database.works();  // other commits do
    CHECK(database.trouble()->message == "it failed");
    database.make_sure();
    CHECK_FALSE(database.unsure());
    CHECK_FALSE(database.trouble());
    CHECK(fs::file_size(file.string() + "-wal") == 0);
}

TEST_CASE_METHOD(Crashed,
                 "what had not reached the disk when the machine stopped is no damage, in whatever order it came") {
    SECTION("it lies behind the mark") {
        crashed(20);
        lose_frame(21);
    }
    SECTION("this WAL has no mark yet") {
        crashed(100, 1);
        lose_frame(2);
    }
    CHECK_FALSE(damaged());
    Ledger ledger{file};
    CHECK(ledger.damaged_files().empty());
}

TEST_CASE_METHOD(Crashed, "what had reached the disk and is unreadable is damage") {
    SECTION("it lies before the mark") { crashed(100); }
    SECTION("nobody says how far it is on the disk") { crashed(std::nullopt); }
    lose_frame(3);
    CHECK(damaged());
}

TEST_CASE_METHOD(Crashed, "a WAL that is whole is no damage, whatever is said of it") {
    crashed(GENERATE(0, 20, 100));
    CHECK_FALSE(damaged());
    Ledger ledger{file};
    CHECK(ledger.key(KeyId{"k49"}));
}
