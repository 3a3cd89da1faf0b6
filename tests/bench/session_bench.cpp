// What eph costs between a person and an agent, beside what ssh, the provider and the kernel take without it:
// session-bench [runs]. Everything is real but the provider.
#define CATCH_CONFIG_RUNNER
#include <algorithm>

#include "tests/bench/session_rows.hpp"
#include "tests/support/catch.hpp"

using namespace eph::bench;

namespace {
int runs = 25;
}

TEST_CASE("what a session costs") {
    eph::test::World world;
    world.sim.wait_for_answered("GET /users");  // ephd's comparison at its start
    std::fprintf(stderr, "%-58s %9s %9s %9s\n", "ms", "min", "median", "max");
    start_rows(world, runs * 8);
    whole_session_row(world, runs);
    latency_rows(world, runs);
    killed_row(world, runs);
    count_row(world);
}

int main(int argc, char** argv) {
    if (argc > 1) runs = std::max(1, std::atoi(argv[1]));
    return Catch::Session{}.run(1, argv);
}
