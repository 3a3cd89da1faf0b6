// What eph adds to the network: from the person's command to the agent, and from the agent's end to the key's.
#include <algorithm>
#include <csignal>

#include "tests/bench/session_rows.hpp"

namespace eph::bench {

using test::Json;

namespace {

double time_in(const std::filesystem::path& file) { return std::stod(test::read_file(file)) / 1e6; }  // by date +%s%N

double arrival_of_deletion(test::World& world) {
    return world.sim.requests("DELETE").at(0).at("arrived_us").get<double>() / 1000;
}

struct Latencies {
    Figure connection;  // ssh host true
    Figure start;       // of the agent, since the launch
    Figure added;       // to the slower one of a connection and a call
    Figure revoked;     // since the agent's end
    Figure back;        // the prompt, since the agent's end
};

void measure(test::World& world, int latency, Latencies& all) {
    const std::string agent = world.host.host_home() / "agent";
    all.connection.add(run_time({world.home.path("bin/ssh"), "testhost", "true"}, world.home.variables));
    world.sim.control("DELETE", "/_sim/requests");
    const double launched = now_ms();
    (void)run_time({EPH, "testhost", "--remote-pi", agent, "x"}, world.home.variables);
    const double returned = now_ms();
    const double ended = time_in(world.host.host_home() / "ended");
    all.start.add(time_in(world.host.host_home() / "began") - launched);
    all.added.add(all.start.values.back() - std::max<double>(all.connection.values.back(), latency));
    all.revoked.add(arrival_of_deletion(world) + latency - ended);  // then it is answered, and so confirmed
    all.back.add(returned - ended);
}

void print(int latency, const Latencies& all) {
    const std::string provider = "provider at " + std::to_string(latency) + " ms";
    show((provider + ": launch to agent start").c_str(), all.start);
    show((provider + ": agent's end to key revoked").c_str(), all.revoked);
    show((provider + ": agent's end to prompt").c_str(), all.back);
    if (latency > 0) {
        row("launch to agent start, " + provider, ms(all.start.median()),
            "the slower of `ssh host true` (" + ms(all.connection.median()) + ") and one call",
            more(all.added.median()), "+ 30 ms");
    }
    row("agent exit to key revoked, " + provider, ms(all.revoked.median()),
        "one round trip: " + std::to_string(latency) + " ms", more(all.revoked.median() - latency), "+ 5 ms");
}

}  // namespace

void latency_rows(test::World& world, int runs) {
    world.host.tool("agent", "date +%s%N >\"$HOME/began\"\ndate +%s%N >\"$HOME/ended\"\n");
    for (const int latency : {0, 100, 300}) {
        world.sim.control("POST", "/_sim/latency", {{"ms", latency}});
        Latencies all;
        for (int i = 0; i < runs; ++i) measure(world, latency, all);
        print(latency, all);
    }
    world.sim.control("POST", "/_sim/latency", {{"ms", 0}});
}

void killed_row(test::World& world, int runs) {
    world.host.agent(std::string{test::honest_agent} + "sleep 60\n");
    Figure asked;
    for (int i = 0; i < runs; ++i) {
        world.sim.control("DELETE", "/_sim/requests");
        test::Program session = world.start({"testhost", "x"});
        session.wait_for_out("key=");
        const double at = now_ms();
        session.signal(SIGKILL);
        world.sim.wait_for("DELETE service_accounts");
        asked.add(arrival_of_deletion(world) - at);
        (void)session.wait();
    }
    show("kill -9 of eph to the revoke request's arrival", asked);
    row("`kill -9` of eph to the revoke request leaving ephd", ms(asked.median()), "", "at most " + ms(asked.at(1)),
        "20 ms");
}

}  // namespace eph::bench
