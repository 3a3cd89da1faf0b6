// However a session ends, the key is revoked and the host is clean.
#include <csignal>

#include "tests/integration/support/world.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;

namespace {

// Ignores what it can, and goes on until it is killed.
const std::string stubborn =
    std::string{"trap '' HUP TERM INT\n"} + honest_agent + "echo \"pid=$$\"\nwhile :; do sleep 1; done\n";

bool alive(const std::string& said) {
    const std::size_t at = said.find("pid=");
    REQUIRE(at != said.npos);
    const pid_t pid = std::stoi(said.substr(at + 4));
    if (kill(pid, 0) != 0) return false;
    return read_file("/proc/" + std::to_string(pid) + "/stat").find(") Z ") == std::string::npos;
}

}  // namespace

TEST_CASE_METHOD(World, "eph stop ends a session from another terminal") {
    host.agent(stubborn);
    Program session = start({"testhost", "x"});
    session.wait_for_out("pid=");
    const std::string id = ephd.get("/v1/sessions?active=1").at("sessions").at(0).at("id");
    const Finished stopped = eph({"stop", id.substr(0, 4)});
    CHECK(stopped.status == 0);
    CHECK_THAT(stopped.err, Catch::Matchers::StartsWith("eph: session " + id + " is over, key "));
    const Finished done = session.wait();
    CHECK(done.status == 143);
    CHECK_THAT(done.err,
               Contains("eph: the session on testhost has ended: it was stopped by eph stop or its key was revoked\n"));
    CHECK(nothing_left(World::directory(done.out)));
}

TEST_CASE_METHOD(World,
                 "kill -9 of ephd in the middle of a session does not end it, and the key is revoked afterwards") {
    host.agent(std::string{honest_agent} + "while [ ! -e \"$HOME/go\" ]; do sleep 0.05; done\nexit 7\n");
    Program session = start({"testhost", "x"});
    session.wait_for_out("key=");
    ephd.kill9();
    ephd.start();
    const std::string id = ephd.get("/v1/sessions?active=1").at("sessions").at(0).at("id");
    // The lease is held again: it has a line of its own in the log of events only when it is lost, so ask for its
    // holder.
    CHECK(sim.live_keys() == 1);
    write_file(host.host_home() / "go", "");
    const Finished done = session.wait();
    CHECK(done.status == 7);
    CHECK_THAT(done.err, Catch::Matchers::EndsWith(" is revoked\n"));
    CHECK(nothing_left(World::directory(done.out)));
    CHECK(ephd.get("/v1/sessions/" + id).at("end_reason") == "agent_exited");
}

TEST_CASE_METHOD(World, "processes that the agent left behind go with the session") {
    host.agent(
        std::string{honest_agent} +
        "setsid sh -c 'trap \"\" TERM HUP; while :; do sleep 1; done' >/dev/null 2>&1 </dev/null &\necho \"pid=$!\"\n");
    const Finished done = eph({"testhost", "x"});
    INFO(done.err);
    CHECK(done.status == 0);
    // The host gives it two seconds before SIGKILL; a slow one takes longer for that than eph waits for, which says so.
    CHECK(eventually([&] { return !alive(done.out); }));
}

TEST_CASE_METHOD(World, "left-overs of a session whose host rebooted are swept by the next one") {
    const std::filesystem::path left = "/tmp/eph-aaaaaaaaaaaaaaaaaa" + std::to_string(10 + getpid() % 90);
    write_file(left / "keeper", "1 1 another-boot\n");
    CHECK(eph({"testhost", "x"}).status == 0);
    CHECK(eventually([&] { return !std::filesystem::exists(left); }));
    std::filesystem::remove_all(left);
}

TEST_CASE_METHOD(World, "eph starts ephd where nobody listens, with no admin key in its environment") {
    (void)ephd.stop();
    home.variables.erase("EPH_NO_AUTOSTART");
    home.variables["OPENAI_ADMIN_KEY"] = admin_key;
    home.variables["OPENAI_PROJECT_ID"] = project;
    home.variables["EPH_OPENAI_BASE_URL"] = sim.base_url();
    const Finished done = eph({"testhost", "x"});
    CHECK(done.status == 0);
    CHECK(sim.live_keys() == 0);
    const Json status = Json::parse(eph({"status", "--json"}).out);
    const pid_t pid = status.at("pid").get<pid_t>();
    CHECK(read_file("/proc/" + std::to_string(pid) + "/environ").find(admin_key) == std::string::npos);
    CHECK(read_file(home.path("state/eph/ephd.log")).find(admin_key) == std::string::npos);
    CHECK(kill(pid, SIGTERM) == 0);
    CHECK(eventually([&] { return kill(pid, 0) != 0; }));
}
