// A ledger with very many keys, of which very many are due when ephd starts, while their provider asks it to slow down.
#include <cstdio>
#include <fstream>

#include "tests/integration/support/crowd.hpp"
#include "tests/load/load.hpp"

using namespace eph::test;

namespace {

// Of accounts with names of ours, whose time is over; they are at the provider, too.
std::vector<SeededKey> seed_provider(Sim& sim, int count) {
    sim.seed("eph-load-20260101T000000Z-exp-20260101T020000Z-{n}", count);
    std::vector<SeededKey> keys;
    const Json state = sim.state();
    for (const Json& account : state.at("accounts")) {
        const Json& ids = account.at("id");
        keys.push_back({account.at("name"), ids});
    }
    return keys;
}

// Connections to that port, whoever has them: of the provider, all are ephd's.
std::size_t connections_to(int port) {
    char wanted[8];
    std::snprintf(wanted, sizeof wanted, ":%04X", static_cast<unsigned>(port));
    std::ifstream table{"/proc/net/tcp"};
    std::size_t count = 0;
    for (std::string line; std::getline(table, line);) {
        std::istringstream fields{line};
        std::string number, local, remote, state;
        fields >> number >> local >> remote >> state;
        if (remote.ends_with(wanted) && state == "01") ++count;
    }
    return count;
}

double start(std::unique_ptr<Daemon>& ephd, const TempHome& home, const Sim& sim) {
    const auto began = Clock::now();
    ephd = std::make_unique<Daemon>(home, sim);
    return millis_since(began);
}

long unsettled(Daemon& ephd) {
    const std::string text = ephd.call("GET", "/metrics").text;
    long sum = 0;
    for (const char* state : {"creating", "live", "revoking"}) {
        const std::string name = std::string{"eph_keys{state=\""} + state + "\"} ";
        sum += std::stol(text.substr(text.find(name) + name.size()));
    }
    return sum;
}

void print(const char* what, const std::vector<double>& times) {
    std::printf("%-32sp50 %.1f ms, p99 %.1f ms, most %.1f ms (%zu)\n", what, percentile(times, 0.5),
                percentile(times, 0.99), percentile(times, 1), times.size());
}

}  // namespace

TEST_CASE("revocations") {
    const LoadOptions& options = load_options;
    Sim sim;
    TempHome home;
    std::unique_ptr<Daemon> ephd;
    const double empty = start(ephd, home, sim);
    (void)ephd->stop();
    std::filesystem::remove(home.ledger());
    const std::vector<SeededKey> due = seed_provider(sim, options.due);
    REQUIRE(due.size() == static_cast<std::size_t>(options.due));
    seed_ledger(home.ledger(), sim.base_url(), due, options.keys);
    sim.fault({{"match", {{"method", "DELETE"}}},
               {"kind", "status"},
               {"status", 429},
               {"headers", {{"Retry-After", "2"}}},
               {"times", -1}});

    const double loaded = start(ephd, home, sim);
    const auto began = Clock::now();
    std::vector<double> status, sessions;
    std::size_t connections = 0;
    double slowed = 0;
    while (millis_since(began) < 600'000) {
        auto asked = Clock::now();
        (void)ephd->get("/v1/status");
        status.push_back(millis_since(asked));
        connections = std::max(connections, connections_to(sim.port()));
        asked = Clock::now();
        const auto session = ephd->session({{"host", "web"}});
        REQUIRE(session->event());
        REQUIRE(session->status() == 201);
        sessions.push_back(millis_since(asked));
        if (slowed == 0 && millis_since(began) > options.slowed * 1000) {
            sim.clear_faults();
            slowed = millis_since(began);
        }
        if (slowed != 0 && unsettled(*ephd) <= 1) break;
    }
    const double all = millis_since(began);
    CHECK(eventually([&] { return unsettled(*ephd) == 0 && sim.live_keys() == 0; }, 120s));
    const std::size_t refused = sim.requests("DELETE").size() - due.size() - sessions.size();
    // Sixteen revocations, a creation, a list, and those that rest.
    CHECK(connections <= 64);
    std::printf("keys in the ledger, due         %d, %d\n", options.keys, options.due);
    std::printf("start to ready, empty ledger    %.0f ms, %.0f ms with these\n", empty, loaded);
    std::printf("refused with 429 meanwhile      %zu requests in %.1f s\n", refused, slowed / 1000);
    std::printf("all revoked after               %.1f s, %.1f s after the provider took them\n", all / 1000,
                (all - slowed) / 1000);
    print("GET /v1/status meanwhile", status);
    print("POST /v1/sessions meanwhile", sessions);
    std::printf("connections to the provider     %zu at most\n", connections);
    std::printf("memory most                     %ld kB\n", memory_of(ephd->pid(), "VmHWM"));
    std::printf("processor                       %.2f s\n", processor_time_of(ephd->pid()));
}
