// Deadlines are wall-clock time: a clock that jumps, as after a suspend, makes the janitor look again.
#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

namespace {

// An ephd whose clock the test sets. Without libfaketime: nothing, which is said, and which is a failure in CI.
std::unique_ptr<Daemon> with_clock(const TempHome& home, const Sim& sim) {
    const std::filesystem::path library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
    if (!std::filesystem::exists(library)) {
        if (std::getenv("CI") != nullptr) FAIL("libfaketime is not installed, and CI must not skip this");
        WARN("libfaketime is not at " << library << ": a test is skipped");
        return nullptr;
    }
    Variables variables = Daemon::account(sim);
    variables["LD_PRELOAD"] = library;
    variables["FAKETIME_TIMESTAMP_FILE"] = home.path("clock");
    variables["FAKETIME_NO_CACHE"] = "1";
    variables["DONT_FAKE_MONOTONIC"] = "1";
    return std::make_unique<Daemon>(home, variables);
}

}  // namespace

TEST_CASE("a deadline that a clock jumped over is made up for within half a minute", "[slow][clock]") {
    Sim sim;
    TempHome home;
    write_file(home.path("clock"), "+0\n");
    const auto ephd = with_clock(home, sim);
    if (!ephd) return;
    const std::string id = ephd->create_key({{"ttl_seconds", 3600}}).at("key").at("id");
    CHECK(ephd->key(id).at("state") == "live");
    write_file(home.path("clock"), "+7200\n");
    CHECK(ephd->becomes(id, "revoked", 30s));
    CHECK(ephd->key(id).at("reason") == "deadline");
    CHECK(sim.live_keys() == 0);
}

TEST_CASE("a revocation that was put off does not wait for a clock that was set back", "[slow][clock]") {
    Sim sim;
    TempHome home;
    write_file(home.path("clock"), "+7200\n");
    const auto ephd = with_clock(home, sim);
    if (!ephd) return;
    const std::string id = ephd->create_key({{"ttl_seconds", 3600}}).at("key").at("id");
    const Json slow = {{"Retry-After", "5"}};
    sim.fault({{"kind", "status"}, {"status", 429}, {"headers", slow}, {"match", {{"method", "DELETE"}}}});
    CHECK(ephd->call("DELETE", "/v1/keys/" + id).status == 202);
    write_file(home.path("clock"), "+0\n");
    CHECK(ephd->becomes(id, "revoked", 40s));
    CHECK(sim.live_keys() == 0);
}

TEST_CASE("a revocation that was put off is tried at once when the clock goes on further than time did",
          "[slow][clock]") {
    Sim sim;
    TempHome home;
    write_file(home.path("clock"), "+0\n");
    const auto ephd = with_clock(home, sim);
    if (!ephd) return;
    const std::string id = ephd->create_key({{"ttl_seconds", 14400}}).at("key").at("id");
    const Json slow = {{"Retry-After", "3600"}};
    sim.fault({{"kind", "status"}, {"status", 429}, {"headers", slow}, {"match", {{"method", "DELETE"}}}});
    CHECK(ephd->call("DELETE", "/v1/keys/" + id).status == 202);
    write_file(home.path("clock"), "+100\n");  // as after a sleep, or a clock that was wrong before
    CHECK(ephd->becomes(id, "revoked", 40s));
    CHECK(sim.live_keys() == 0);
}
