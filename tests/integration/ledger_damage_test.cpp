// A ledger that is damaged: set aside, said loudly, and rebuilt from the provider's list by name.
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "daemon/ledger/sqlite.hpp"
#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
namespace fs = std::filesystem;

namespace {

struct Fixture : DaemonAndSim {
    // Where it lies, without a change of its inode: as a disk does it.
    void damage(off_t from, std::size_t size) {
        const int file = open(home.ledger().c_str(), O_WRONLY | O_CLOEXEC);
        REQUIRE(file >= 0);
        const std::string garbage(size, '\xee');
        CHECK(pwrite(file, garbage.data(), size, from) == static_cast<ssize_t>(size));
        close(file);
    }
    std::vector<fs::path> set_aside() {
        std::vector<fs::path> found;
        for (const auto& entry : fs::directory_iterator{home.ledger().parent_path()}) {
            const std::string name = entry.path().filename().string();
            if (name.starts_with("ledger.db.damaged-") && !name.ends_with("-wal") && !name.ends_with("-shm"))
                found.push_back(entry.path());
        }
        return found;
    }
    std::string notes() {
        std::string all;
        const Json status = ephd.get("/v1/status");
        for (const Json& note : status.at("notes")) all += note.get<std::string>() + "\n";
        return all;
    }
    std::string stamp(std::chrono::seconds from_now) {
        const std::time_t moment = std::time(nullptr) + from_now.count();
        char text[32];
        std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", std::gmtime(&moment));
        return text;
    }
};

// https://sqlite.org/fileformat2.html#the_write_ahead_log
int commits_in(const fs::path& wal) {
    const std::string bytes = read_file(wal);
    const auto word = [&](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
        return value;
    };
    REQUIRE(bytes.size() > 32);
    int commits = 0;
    const std::size_t frame = 24 + word(8);
    for (std::size_t at = 32; at + frame <= bytes.size(); at += frame) commits += word(at + 4) != 0 ? 1 : 0;
    return commits;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "a ledger that is garbage at the start is set aside, and its keys are found and revoked") {
    const auto lease = ephd.session({{"host", "web"}, {"ttl_seconds", 600}});
    REQUIRE(lease->event());
    const std::string key = ephd.create_key().at("key").at("name");
    const std::string others = "eph-other-" + stamp(0s) + "-exp-" + stamp(2h) + "-abcdefghij";
    sim.seed(others);
    sim.seed("not of our kind");
    ephd.kill9();
    damage(0, 4096);
    fs::copy_file(home.ledger().string() + "-wal", home.path("wal"));
    // The database's first page is in the WAL too, which would heal it.
    fs::resize_file(home.ledger().string() + "-wal", 0);
    {
        std::ofstream bytes{home.ledger(), std::ios::app | std::ios::binary};
        bytes << std::ifstream{home.path("wal"), std::ios::binary}.rdbuf();
    }
    ephd.start();
    CHECK(eventually([&] { return sim.live_keys() == 2; }));  // of somebody else, both
    CHECK(sim.has(others));
    CHECK_FALSE(sim.has(key));
    CHECK(set_aside().size() == 1);
    CHECK_THAT(notes(),
               Catch::Matchers::Contains("the ledger was damaged and is set aside as " + set_aside().front().string()));
    CHECK_THAT(ephd.program().err(), Catch::Matchers::Contains("the ledger is damaged"));
    // What may be another machine's is known from now on, and lives until the end that its name tells.
    const auto kept = [&] {
        const Json keys = ephd.get("/v1/keys");
        for (const Json& each : keys.at("keys")) {
            if (each.at("name") == others) return each.at("state") == "live";
        }
        return false;
    };
    CHECK(eventually(kept));
    CHECK(ephd.get("/v1/sessions").at("sessions").empty());
    ephd.create_key();
    fs::rename(set_aside().front(), home.path("elsewhere"));
    CHECK(notes().find("damaged") == std::string::npos);
}

TEST_CASE_METHOD(Fixture, "damage that shows while sessions run ends them, and ephd goes on with a new ledger") {
    const auto lease = ephd.session({{"host", "web"}, {"ttl_seconds", 600}});
    REQUIRE(lease->event());
    for (int i = 0; i < 3; ++i) ephd.create_key();
    CHECK(ephd.stop().status == 0);  // all of it is in the file
    ephd.start();
    const std::string session = ephd.get("/v1/sessions").at("sessions").at(0).at("id");
    const auto again = ephd.lease(session);
    CHECK(again->event()->at("event") == "held");
    const pid_t pid = ephd.pid();
    damage(4096, 4096);  // the root of the table of keys; an index still has their names
    // Written by somebody else: what ephd has in memory of it no longer counts.
    eph::Database{home.ledger().string()}.execute("PRAGMA application_id = 1");
    (void)ephd.call("GET", "/v1/keys?all=1");
    CHECK(eventually([&] { return !set_aside().empty(); }));
    CHECK(ephd.pid() == pid);
    CHECK(again->event()->at("event") == "over");
    CHECK(eventually([&] { return ephd.call("GET", "/v1/status").status == 200; }));
    CHECK(eventually([&] { return sim.live_keys() == 0; }));  // found by the names in its bytes
    CHECK(ephd.get("/v1/sessions").at("sessions").empty());
    const Json key = ephd.create_key().at("key");
    CHECK(ephd.call("DELETE", "/v1/keys/" + key.at("id").get<std::string>()).status == 200);
}

TEST_CASE_METHOD(Fixture, "what a list tells of a damaged ledger is recorded in a few commits") {
    const std::string name = "eph-{n}-" + stamp(0s) + "-exp-" + stamp(2h) + "-abcdefghij";
    sim.wait_for_answered("GET /users");
    ephd.kill9();
    sim.seed(name, 150);  // another machine's, perhaps
    damage(0, 4096);
    fs::resize_file(home.ledger().string() + "-wal", 0);
    ephd.start();
    CHECK(eventually([&] { return ephd.get("/v1/keys").at("keys").size() == 150; }));
    CHECK(commits_in(home.ledger().string() + "-wal") < 50);
    CHECK(sim.live_keys() == 150);
}
