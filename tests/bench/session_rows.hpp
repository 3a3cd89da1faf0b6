// The rows of session-bench, each measured so often.
#pragma once

#include "tests/bench/figures.hpp"
#include "tests/bench/timed.hpp"
#include "tests/integration/support/world.hpp"

namespace eph::bench {

void start_rows(test::World& world, int runs);         // eph --version, eph status
void whole_session_row(test::World& world, int runs);  // beside ssh alone
void latency_rows(test::World& world, int runs);       // how soon the agent starts, how soon its key is gone
void killed_row(test::World& world, int runs);         // kill -9 of eph
void count_row(test::World& world);                    // requests, connections, handshakes

}  // namespace eph::bench
