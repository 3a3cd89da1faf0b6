// A whole session beside ssh alone, in turn, so that a machine that is slow for a while slows both; and what goes over
// the network for one.
#include "tests/bench/session_rows.hpp"

namespace eph::bench {

void whole_session_row(test::World& world, int runs) {
    const std::string ssh = world.home.path("bin/ssh");
    Figure bare;
    Figure whole;
    Figure ratio;
    for (int i = 0; i < runs; ++i) {
        bare.add(run_time({ssh, "testhost", "true"}, world.home.variables));
        whole.add(run_time({EPH, "testhost", "--remote-pi", "/bin/true", "x"}, world.home.variables));
        ratio.add(whole.values.back() / bare.values.back());
    }
    show("ssh testhost true", bare);
    show("eph testhost x, agent exits at once", whole);
    row("a whole session, agent exits at once, provider without latency", ms(whole.median()),
        "`ssh host true`, in turn: " + ms(bare.median()), times(ratio.median()), "1.15 times");
}

void count_row(test::World& world) {
    world.sim.control("DELETE", "/_sim/requests");
    const int connections_before = world.sim.state().at("connections").at("total");
    const int handshakes_before = world.host.connections();
    (void)run_time({EPH, "testhost", "--remote-pi", "/bin/true", "x"}, world.home.variables);
    const std::size_t requests = world.sim.requests().size();
    // Each look at eph-sim is a connection of its own: the two since the first count, and this one.
    const int own = 2;
    const int connections = world.sim.state().at("connections").at("total").get<int>() - connections_before - own;
    const int handshakes = world.host.connections() - handshakes_before;
    row("requests to the provider, new connections to it, SSH handshakes of a session", "", "",
        std::to_string(requests) + ", " + std::to_string(connections) + ", " + std::to_string(handshakes),
        "2, at most 1, 1");
}

}  // namespace eph::bench
