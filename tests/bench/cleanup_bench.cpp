// Prints how long a cleanup takes that has to revoke 1,000 keys of another machine, with the provider's answers taking
// 100 ms, beside what its requests take at the least: cleanup-bench [runs].
#define CATCH_CONFIG_RUNNER
#include <chrono>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "tests/bench/figures.hpp"
#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using namespace eph::bench;

namespace {

int runs = 3;
constexpr int keys = 1000;
constexpr double latency = 0.1;  // seconds
constexpr int at_once = 16;      // revocations, as the janitor has it

}  // namespace

TEST_CASE("cleanup") {
    Figure taken, ideal, ratio;
    for (int i = 0; i < runs; ++i) {
        Sim sim;
        const TempHome home;
        Daemon ephd{home, sim};
        sim.wait_for_answered("GET /users");  // the comparison at the start
        sim.seed("eph-nas-20260101T000000Z-exp-20260101T020000Z-{n}", keys);
        sim.control("POST", "/_sim/latency", {{"ms", latency * 1000}});
        sim.control("DELETE", "/_sim/requests");
        HttpConnection cleanup{home.socket()};
        const auto began = std::chrono::steady_clock::now();
        cleanup.request("POST", "/v1/cleanup", "{}");
        const Reply reply = cleanup.reply(600s);
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        REQUIRE(reply.status == 200);
        REQUIRE(reply.json().at("revoked") == keys);
        const std::size_t pages = sim.requests("GET").size();
        REQUIRE(sim.requests("DELETE").size() == static_cast<std::size_t>(keys));
        const double least = (static_cast<double>(pages) + std::ceil(static_cast<double>(keys) / at_once)) * latency;
        std::fprintf(stderr, "%zu pages, %d deletions, %.2f s, at the least %.2f s\n", pages, keys, seconds, least);
        taken.add(seconds);
        ideal.add(least);
        ratio.add(seconds / least);
    }
    row("cleanup of 1,000 expired keys, provider at 100 ms", fmt::format("{:.2f} s", taken.median()),
        fmt::format("{:.2f} s: pages one by one, deletions {} at once", ideal.median(), at_once),
        fmt::format("{:.2f}", ratio.median()), "1.20");
}

int main(int argc, char** argv) {
    if (argc > 1) runs = std::max(1, std::atoi(argv[1]));
    return Catch::Session{}.run(1, argv);
}
