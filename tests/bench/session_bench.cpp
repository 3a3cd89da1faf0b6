// Prints what a session costs, beside bare ssh in the same run: session-bench [runs]. Everything is real but the
// provider.
#define CATCH_CONFIG_RUNNER
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <functional>

#include "tests/integration/support/world.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

namespace {

int runs = 15;

double now_ms() {
    return std::chrono::duration<double, std::milli>(std::chrono::system_clock::now().time_since_epoch()).count();
}

struct Figure {
    std::vector<double> values;
    double at(double part) {
        std::sort(values.begin(), values.end());
        return values.empty() ? 0 : values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
    }
    double median() { return at(0.5); }
};

void print(const char* what, Figure figure) {
    std::printf("%-58s %8.1f %8.1f %8.1f\n", what, figure.at(0), figure.median(), figure.at(1));
}

double timed(const std::function<void()>& work) {
    const double began = now_ms();
    work();
    return now_ms() - began;
}

std::string field(const std::filesystem::path& file, const std::string& name) {
    const std::string text = read_file(file);
    const std::size_t at = text.find(name);
    return at == text.npos ? "?" : text.substr(at, text.find('\n', at) - at);
}

double time_in(const std::filesystem::path& file) { return std::stod(read_file(file)) / 1e6; }  // from date +%s%N

// Whole sessions and bare ssh in turn, so that a machine that is slow for a while slows both.
void whole_sessions(World& world) {
    Figure ssh;
    Figure session;
    Figure ratio;
    for (int i = 0; i < runs; ++i) {
        const double bare = timed([&] { (void)Program({"env", "ssh", "testhost", "true"}, world.home.variables).wait(); });
        const double whole = timed([&] { (void)world.eph({"testhost", "--remote-pi", "/bin/true", "x"}); });
        ssh.values.push_back(bare);
        session.values.push_back(whole);
        ratio.values.push_back(whole / bare);
    }
    print("ssh testhost true, ms", ssh);
    print("eph testhost x, agent exits at once, ms", session);
    print("  the ratio, pair by pair", ratio);
}

void with_latency(World& world, int latency) {
    world.sim.control("POST", "/_sim/latency", {{"ms", latency}});
    const std::filesystem::path agent = world.host.host_home() / "agent";
    world.host.tool("agent", "date +%s%N >\"$HOME/began\"\ndate +%s%N >\"$HOME/ended\"\n");
    Figure start;
    Figure revoked;
    Figure back;
    for (int i = 0; i < runs; ++i) {
        world.sim.control("DELETE", "/_sim/requests");
        const double launched = now_ms();
        (void)world.eph({"testhost", "--remote-pi", agent, "x"});
        const double returned = now_ms();
        const double ended = time_in(world.host.host_home() / "ended");
        start.values.push_back(time_in(world.host.host_home() / "began") - launched);
        back.values.push_back(returned - ended);
        const Json deletion = world.sim.requests("DELETE").at(0);
        revoked.values.push_back(deletion.at("arrived_ms").get<double>() + latency -
                                 ended);  // answered, and so confirmed
    }
    std::printf("provider at %d ms\n", latency);
    print("  launch to agent start, ms", start);
    print("  agent's end to key revoked, ms", revoked);
    print("  agent's end to prompt, ms", back);
    world.sim.control("POST", "/_sim/latency", {{"ms", 0}});
}

void killed(World& world) {
    world.host.agent(std::string{honest_agent} + "sleep 60\n");
    Figure asked;
    for (int i = 0; i < runs; ++i) {
        world.sim.control("DELETE", "/_sim/requests");
        Program session = world.start({"testhost", "x"});
        session.wait_for_out("key=");
        const double at = now_ms();
        session.signal(SIGKILL);
        world.sim.wait_for("DELETE service_accounts");
        asked.values.push_back(world.sim.requests("DELETE").at(0).at("arrived_ms").get<double>() - at);
        (void)session.wait();
    }
    print("kill -9 of eph to the revoke request's arrival, ms", asked);
}

void counted(World& world) {
    world.sim.control("DELETE", "/_sim/requests");
    const int before = world.host.connections();
    (void)world.eph({"testhost", "--remote-pi", "/bin/true", "x"});
    std::printf("requests to the provider in a session: %zu\n", world.sim.requests().size());
    std::printf("ssh connections in a session: %d\n", world.host.connections() - before);
}

void idle(World& world) {
    const std::string process = "/proc/" + std::to_string(world.ephd.pid());
    std::printf("ephd's memory after these sessions: %s, %s\n", field(process + "/status", "VmRSS").c_str(),
                field(process + "/status", "RssAnon").c_str());
    // The last key's revocation is not idleness.
    (void)eventually([&] { return world.ephd.get("/v1/keys").at("keys").empty(); });
    (void)Program({"sleep", "1"}, {{"PATH", "/usr/bin:/bin"}}).wait();
    if (!available("strace")) return;
    Program strace({"timeout", "60", "strace", "-c", "-f", "-p", std::to_string(world.ephd.pid())},
                   {{"PATH", "/usr/bin:/bin"}});
    const Finished minute = strace.wait(90s);
    const std::size_t at = minute.err.find("total");
    std::printf("system calls of an idle ephd in a minute: %s\n",
                at == minute.err.npos ? "none" : minute.err.substr(minute.err.rfind('\n', at) + 1).c_str());
}

}  // namespace

TEST_CASE("what a session costs") {
    World world;
    std::printf("%-58s %8s %8s %8s\n", "", "min", "median", "max");
    print("eph --version, ms", [&] {
        Figure figure;
        for (int i = 0; i < runs; ++i) figure.values.push_back(timed([&] { (void)world.eph({"--version"}); }));
        return figure;
    }());
    print("eph status, ms", [&] {
        Figure figure;
        for (int i = 0; i < runs; ++i) figure.values.push_back(timed([&] { (void)world.eph({"status"}); }));
        return figure;
    }());
    counted(world);
    whole_sessions(world);
    for (const int latency : {0, 100, 300}) with_latency(world, latency);
    killed(world);
    idle(world);
}

int main(int argc, char** argv) {
    if (argc > 1) runs = std::max(1, std::atoi(argv[1]));
    return Catch::Session{}.run(1, argv);
}
