// The real Pi through a real ssh, in print mode and on its screen.
#include "tests/integration/support/world.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;

namespace {

// Puts the Pi that scripts/test installed where pi.dev's installer puts it. False, said, when there is none.
bool install_pi(World& world) {
    const char* pi = std::getenv("EPH_TEST_PI");
    if (pi == nullptr) {
        if (std::getenv("CI") != nullptr)
            FAIL("EPH_TEST_PI is not set, and CI must not skip the tests with the real Pi");
        WARN("EPH_TEST_PI is not set: the tests with the real Pi are skipped");
        return false;
    }
    std::filesystem::remove(world.host.host_home() / ".local/bin/pi");
    const std::filesystem::path versions = world.host.host_home() / ".local/share/pi-node";
    std::filesystem::create_directories(versions / "v1");
    std::filesystem::create_directory_symlink(std::filesystem::path{pi} / "bin", versions / "v1/bin");
    return true;
}

}  // namespace

TEST_CASE_METHOD(World, "the real Pi answers in print mode") {
    if (!install_pi(*this)) return;
    const Finished done = eph({"testhost", "--task-file", "-"}, "What is 'this'?\n");
    CHECK(done.status == 0);
    CHECK_THAT(done.out, Contains("sim: You said: What is 'this'?"));
    const Json calls = sim.requests("POST responses");
    REQUIRE(calls.size() == 1);
    CHECK(calls.at(0).at("status") == 200);
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(World, "the real Pi opens its screen with the task, stays, and leaves the terminal whole") {
    if (!install_pi(*this)) return;
    Pty person(command({"testhost", "--ttl", "10m", "Say something"}), home.variables);
    person.wait_for("sim: You said: Say something", 60s);
    person.type("Another question\r");
    person.wait_for("sim: You said: Another question");
    person.type("\x04");
    CHECK(person.wait() == 0);
    CHECK_THAT(person.screen(), Contains(" is revoked\r\n"));
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(World, "Pi's screen shows host and time left, and warns before the end") {
    if (!install_pi(*this)) return;
    Pty person(command({"testhost", "--ttl", "65s"}), home.variables);
    person.wait_for("Warning: eph: this session ends in ", 60s);
    CHECK_THAT(person.screen(), Contains("testhost · "));
    person.wait_for("testhost · 58s left");
    person.wait_for("testhost · 57s left");
    person.type("\x04");
    CHECK(person.wait() == 0);
}

TEST_CASE_METHOD(World, "Pi's screen says why a session was ended, before it goes") {
    if (!install_pi(*this)) return;
    Pty person(command({"testhost", "--ttl", "100m"}), home.variables);
    person.wait_for("testhost · 1h39m left", 60s);
    const std::string key = ephd.get("/v1/keys").at("keys").at(0).at("id");
    CHECK(eph({"keys", "revoke", key}).status == 0);
    person.wait_for("eph: this session is over: it was stopped by eph");
    person.wait_for("testhost · over");
    CHECK(person.wait() == 143);
    CHECK(person.screen().find("this session ends in") == std::string::npos);
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(World, "Pi's screen says that a session is extended, and counts on from there") {
    if (!install_pi(*this)) return;
    Pty person(command({"testhost", "--ttl", "100m"}), home.variables);
    person.wait_for("testhost · 1h39m left", 60s);
    const std::string id = ephd.get("/v1/sessions?active=1").at("sessions").at(0).at("id");
    ephd.post("/v1/sessions/" + id + "/extend", {{"seconds", 3600}}, 200);
    person.wait_for("eph: this session is extended and ends in 2h39m");
    person.wait_for("testhost · 2h39m left");
    person.type("\x04");
    CHECK(person.wait() == 0);
}
