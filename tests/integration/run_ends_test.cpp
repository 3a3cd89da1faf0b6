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

TEST_CASE_METHOD(World, "kill -9 of eph revokes the key at once, and ends an agent that ignores everything") {
    host.agent(stubborn);
    Program session = start({"testhost", "x"});
    session.wait_for_out("pid=");
    const std::string said = session.out();
    session.signal(SIGKILL);
    const auto killed = std::chrono::steady_clock::now();
    sim.wait_for("DELETE service_accounts");
    CHECK(std::chrono::steady_clock::now() - killed < 1s);
    CHECK(nothing_left(World::directory(said)));
    CHECK(eventually([&] { return !alive(said); }));
}

TEST_CASE_METHOD(World, "a signal to eph ends the session, with the status of the signal") {
    host.agent(stubborn);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        Program session = start({"testhost", "x"});
        session.wait_for_out("pid=");
        session.signal(number);
        const Finished done = session.wait();
        CHECK(done.status == 128 + number);
        CHECK_THAT(done.err, Catch::Matchers::EndsWith(" is revoked\n"));
        CHECK(nothing_left(World::directory(done.out)));
        CHECK_FALSE(alive(done.out));
    }
}

TEST_CASE_METHOD(World, "a connection that is cut ends the agent, and the key is revoked") {
    host.agent(stubborn);
    Program session = start({"testhost", "x"});
    session.wait_for_out("pid=");
    host.cut();
    const Finished done = session.wait();
    CHECK(done.status == 255);
    CHECK_THAT(done.err, Contains("eph: the connection to testhost was lost\nWhat ran there is ended as soon as the "
                                  "host finds out; begin a new session to "
                                  "go on.\neph: key "));
    CHECK(nothing_left(World::directory(done.out)));
    CHECK(eventually([&] { return !alive(done.out); }));
}

TEST_CASE_METHOD(World, "the deadline ends the agent and revokes the key within a second") {
    host.agent(stubborn);
    Program session = start({"testhost", "--ttl", "3s", "x"});
    const Finished done = session.wait();
    CHECK(done.status == 124);
    CHECK_THAT(done.err, Contains("eph: the session on testhost has ended: its time was up at "));
    const Json key = ephd.get("/v1/keys?all=1").at("keys").at(0);
    CHECK(key.at("reason") == "deadline");
    const Json deletion = sim.requests("DELETE service_accounts").at(0);
    const std::int64_t late =
        deletion.at("arrived_ms").get<std::int64_t>() - key.at("expires_at").get<std::int64_t>() * 1000;
    CHECK(late > -1000);  // the API's moments are whole seconds
    CHECK(late < 2000);
    CHECK(nothing_left(World::directory(done.out)));
    CHECK_FALSE(alive(done.out));
}

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

TEST_CASE_METHOD(World, "Ctrl-C while the key is being made leaves at once, and no key stays") {
    sim.fault({{"match", {{"method", "POST"}}}, {"times", 1}, {"kind", "delay"}, {"delay_ms", 1500}, {"effect", true}});
    Program session = start({"testhost", "x"});
    sim.wait_for("POST service_accounts");
    session.signal(SIGINT);
    const auto asked = std::chrono::steady_clock::now();
    const Finished done = session.wait();
    CHECK(std::chrono::steady_clock::now() - asked < 1s);
    CHECK(done.status == 130);
    CHECK_THAT(
        done.err,
        Catch::Matchers::EndsWith(
            "eph: testhost: interrupted\neph: a key that was being made is revoked by ephd as soon as it is there\n"));
    sim.wait_for_answered("DELETE service_accounts");
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(World, "an answer of the provider that is lost leaves no key") {
    sim.fault({{"match", {{"method", "POST"}}}, {"times", 1}, {"kind", "reset_after"}});
    const Finished done = eph({"testhost", "x"});
    CHECK(done.status == 125);
    CHECK(eventually([&] { return sim.live_keys() == 0; }));
}

TEST_CASE_METHOD(World, "processes that the agent left behind go with the session") {
    host.agent(
        std::string{honest_agent} +
        "setsid sh -c 'trap \"\" TERM HUP; while :; do sleep 1; done' >/dev/null 2>&1 </dev/null &\necho \"pid=$!\"\n");
    const Finished done = eph({"testhost", "x"});
    CHECK(done.status == 0);
    CHECK_FALSE(alive(done.out));
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
