// As many sessions as are asked for at once, through one ephd: all made, all held, all ended, all revoked.
#include <cstdio>

#include "tests/integration/support/crowd.hpp"
#include "tests/load/load.hpp"

using namespace eph::test;

TEST_CASE("sessions") {
    const int count = load_options.count;
    allow_descriptors(static_cast<std::size_t>(count) + 100);
    Sim sim;
    TempHome home;
    Daemon ephd{home, sim};
    check_answers(ephd);
    const long before = memory_of(ephd.pid());
    const auto began = Clock::now();
    std::vector<std::unique_ptr<LeaseConnection>> leases;
    for (int i = 0; i < count; ++i) leases.push_back(ephd.session({{"host", "web" + std::to_string(i)}}));
    std::vector<double> made;
    for (const auto& lease : leases) {
        const auto issued = lease->event(120s);
        REQUIRE(lease->status() == 201);
        REQUIRE(issued);
        made.push_back(millis_since(began));
    }
    CHECK(sim.live_keys() == count);
    const long during = memory_of(ephd.pid());
    const auto asked = Clock::now();
    check_answers(ephd);
    const double status = millis_since(asked);
    const double processor = processor_time_of(ephd.pid());

    const auto ended = Clock::now();
    leases.clear();
    CHECK(eventually([&] { return sim.live_keys() == 0; }, 300s));
    const double revoked = millis_since(ended);
    CHECK(eventually([&] { return ephd.get("/v1/keys").at("keys").empty(); }, 60s));
    CHECK(ephd.get("/v1/sessions?active=1").at("sessions").empty());
    std::printf("sessions at once                %d\n", count);
    std::printf("made: half, all after           %.0f ms, %.0f ms\n", percentile(made, 0.5), made.back());
    std::printf("status while they are held      %.0f ms\n", status);
    std::printf("all ended, all revoked after    %.0f ms\n", revoked);
    std::printf("memory before, with them, most  %ld kB, %ld kB, %ld kB (%.1f kB a session)\n", before, during,
                memory_of(ephd.pid(), "VmHWM"), static_cast<double>(during - before) / count);
    std::printf("processor until made, to end    %.2f s, %.2f s\n", processor, processor_time_of(ephd.pid()));
}
