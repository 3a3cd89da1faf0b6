// Prints what an ephd takes that has nothing to do, with a ledger of a million rows, and what a lease takes:
// idle-bench [keys].
#define CATCH_CONFIG_RUNNER
#include <chrono>
#include <cstdlib>

#include <fmt/format.h>

#include "tests/bench/figures.hpp"
#include "tests/integration/support/crowd.hpp"
#include "tests/load/load.hpp"

using namespace eph::test;
using namespace eph::bench;

namespace {

int keys = 1'000'000;
constexpr int starts = 9;
constexpr int leases = 1000;

// The calls in which it woke up: all of its threads are asleep in one each when strace(1) comes.
std::size_t wakeups_in_a_minute(pid_t process, const TempHome& home) {
    Program strace({"timeout", "60", "strace", "-f", "-qq", "-o", home.path("woken"), "-p", std::to_string(process)},
                   home.variables);
    (void)strace.wait(90s);
    std::ifstream lines{home.path("woken")};
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.find("resumed>") != line.npos) ++count;
        std::fprintf(stderr, "%s\n", line.c_str());
    }
    return count;
}

}  // namespace

TEST_CASE("nothing to do") {
    Sim sim;
    const TempHome home;
    const std::vector<SeededKey> none;
    {
        const Daemon first{home, sim};  // makes the directories
    }
    std::filesystem::remove(home.ledger());
    std::filesystem::remove(home.ledger().string() + "-wal");
    std::filesystem::remove(home.ledger().string() + "-shm");
    seed_ledger(home.ledger(), sim.base_url(), none, keys);
    Figure ready;
    for (int i = 0; i < starts; ++i) {
        const auto began = Clock::now();
        Daemon ephd{home, sim};
        ready.add(millis_since(began));
        (void)ephd.create_key();  // and some that live
        ephd.kill9();             // with a WAL to be read
    }
    Daemon ephd{home, sim};
    (void)ephd.post("/v1/cleanup", {{"all", true}}, 200);
    REQUIRE(eventually([&] { return ephd.get("/v1/keys").at("keys").empty(); }));
    const long memory = memory_of(ephd.pid());
    show("start to ready, ms", ready);
    std::fprintf(stderr, "resident: %ld kB, of which its own %ld kB\n", memory, memory_of(ephd.pid(), "RssAnon"));
    row(fmt::format("ephd, ledger with {} rows: start to ready", keys), fmt::format("{:.0f} ms", ready.median()), "",
        fmt::format("{:.0f} ms", ready.median()), "50 ms");
    row(fmt::format("ephd idle, ledger with {} rows: resident", keys), fmt::format("{:.1f} MB", memory / 1024.0), "",
        fmt::format("{:.1f} MB", memory / 1024.0), "12 MB");
    if (!available("strace")) return;
    (void)Program({"sleep", "40"}, home.variables).wait(60s);  // the last answer's limits pass
    const std::size_t woken = wakeups_in_a_minute(ephd.pid(), home);
    row(fmt::format("ephd idle, ledger with {} rows: wake-ups in a minute", keys), std::to_string(woken), "",
        std::to_string(woken), "0");
}

TEST_CASE("leases") {
    allow_descriptors(leases + 100);
    Sim sim;
    const TempHome home;
    Daemon ephd{home, sim};
    sim.wait_for_answered("GET /users");  // the comparison at the start
    const auto warm = ephd.session({{"host", "web"}});
    REQUIRE(warm->event());
    const long before = memory_of(ephd.pid());
    std::vector<std::unique_ptr<LeaseConnection>> all;
    for (int i = 0; i < leases; ++i) {
        all.push_back(ephd.session({{"host", "web" + std::to_string(i)}}));
        REQUIRE(all.back()->event());
    }
    const double each = static_cast<double>(memory_of(ephd.pid()) - before) / leases;
    std::fprintf(stderr, "resident before and with %d leases: %ld kB, %ld kB\n", leases, before, memory_of(ephd.pid()));
    row(fmt::format("ephd with {} idle leases", leases), fmt::format("{:.1f} KB a lease", each), "",
        fmt::format("{:.1f} KB", each), "20 KB");
}

int main(int argc, char** argv) {
    if (argc > 1) keys = std::max(1, std::atoi(argv[1]));
    return Catch::Session{}.run(1, argv);
}
