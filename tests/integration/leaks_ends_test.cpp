// Leaks that a session without a daemon has, and eph must not: the idle connection, signals, the terminal, the network,
// Ctrl-C. Each on a real ssh.
#include <csignal>

#include "tests/integration/support/aftermath.hpp"
#include "tests/integration/support/hop.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sanitized.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

namespace {

// The ssh that holds the connection; with a terminal eph has started another one, for the agent.
pid_t master_of(pid_t eph) {
    for (const pid_t each : children_of(eph)) {
        const std::string line = read_file("/proc/" + std::to_string(each) + "/cmdline");
        if (line.find("ControlMaster=yes") != line.npos) return each;
    }
    FAIL("eph holds no connection");
    return -1;
}

enum class Break { at_the_server, of_the_master, of_every_ssh };

void cut(World& world, pid_t eph, Break how) {
    if (how == Break::at_the_server) return world.host.cut();
    if (how == Break::of_the_master) return void(kill(master_of(eph), SIGKILL));
    for (const pid_t each : children_of(eph)) kill(each, SIGKILL);
}

}  // namespace

TEST_CASE(
    "leak 1: a session that outlasts the provider's idle connections ends with its agent's status, its key revoked") {
    World world;
    Hop hop{world.sim.port()};
    (void)world.ephd.stop();
    Variables account = Daemon::account(world.sim);
    account["EPH_OPENAI_BASE_URL"] = "http://127.0.0.1:" + std::to_string(hop.port()) + "/v1";
    Daemon ephd{world.home, account};
    world.host.agent(std::string{honest_agent} + "while [ ! -e \"$HOME/go\" ]; do sleep 0.05; done\nexit 7\n");
    for (const bool lost_on_the_way : {false, true}) {
        std::filesystem::remove(world.host.host_home() / "go");
        Program session = world.start({"testhost", "x"});
        session.wait_for_out("key=");
        REQUIRE(hop.connections() > 0);
        hop.end_connections();
        // The worst moment: the server gives up while the request is on its way.
        if (lost_on_the_way) world.sim.fault({{"match", {{"method", "DELETE"}}}, {"kind", "reset_before"}});
        write_file(world.host.host_home() / "go", "");
        const Finished done = session.wait();
        CHECK(done.status == 7);
        CHECK_THAT(done.err, Contains(lost_on_the_way ? " is NOT revoked yet: " : " is revoked\n"));
        CHECK(left_of(world, done.out) == "");
    }
}

TEST_CASE_METHOD(World, "leak 2: whatever signal ends eph, key, ssh, agent and the secret's place go with it") {
    host.agent(stubborn_agent);
    for (const int number : {SIGKILL, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT, SIGSEGV, SIGBUS}) {
        if (sanitized && (number == SIGABRT || number == SIGSEGV || number == SIGBUS)) continue;  // they report these
        INFO("signal " << number);
        Program session = start({"testhost", "x"});
        session.wait_for_out("ready");
        const std::vector<pid_t> sshs = children_of(session.pid());
        CHECK(sshs.size() == 1);
        session.signal(number);
        const auto ended = std::chrono::steady_clock::now();
        sim.wait_for("DELETE service_accounts");
        CHECK(std::chrono::steady_clock::now() - ended < 1s);
        (void)sim.control("DELETE", "/_sim/requests");
        const Finished done = session.wait();
        CHECK(done.status == 128 + number);
        const bool says = number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT;
        if (says) CHECK_THAT(done.err, EndsWith(" is revoked\n"));
        CHECK(left_of(*this, done.out) == "");
        CHECK(eventually([&] { return std::none_of(sshs.begin(), sshs.end(), lives); }));
    }
}

TEST_CASE_METHOD(World, "leak 3: a terminal that is closed ends the session, also with an agent that ignores it") {
    for (const std::string& agent : {stubborn_agent, obedient_agent}) {
        host.agent(agent);
        Pty person(command({"testhost", "x"}), home.variables);
        person.wait_for("ready");
        const std::string said = person.screen();
        person.hang_up();
        CHECK(left_of(*this, said) == "");
        CHECK(eventually([&] { return !person.running(); }));
    }
}

TEST_CASE_METHOD(World,
                 "leak 4: a connection that is cut without a terminal leaves no agent, not even one that ignores HUP") {
    for (const std::string& agent : {stubborn_agent, obedient_agent}) {
        host.agent(agent);
        for (const Break how : {Break::at_the_server, Break::of_the_master, Break::of_every_ssh}) {
            INFO("cut " << static_cast<int>(how) << ", " << agent);
            Program session = start({"testhost", "x"});
            session.wait_for_out("ready");
            cut(*this, session.pid(), how);
            const Finished done = session.wait();
            CHECK(done.status == 255);
            if (how == Break::at_the_server)
                CHECK_THAT(done.err, Contains("eph: the connection to testhost was lost\nWhat ran there is ended as "
                                              "soon as the host finds out; begin a new session to go on.\neph: key "));
            CHECK(left_of(*this, done.out) == "");
        }
    }
}

TEST_CASE_METHOD(World, "leak 4: a connection that is cut under a terminal leaves no agent either") {
    for (const std::string& agent : {stubborn_agent, obedient_agent}) {
        host.agent(agent);
        for (const Break how : {Break::at_the_server, Break::of_the_master, Break::of_every_ssh}) {
            INFO("cut " << static_cast<int>(how) << ", " << agent);
            Pty person(command({"testhost", "x"}), home.variables);
            person.wait_for("ready");
            cut(*this, person.pid(), how);
            CHECK(person.wait() != 0);
            CHECK(left_of(*this, person.screen()) == "");
        }
    }
}

namespace {

// What is at once on a machine that does much else, and less than what a delayed answer of the provider takes.
constexpr auto at_once = 2s;
constexpr int delay_ms = 2500;

// Brings eph to a moment of a session, sends the signal, and looks whether it leaves at once and nothing stays.
struct Moments : World {
    void interrupt(Program& session, int number) {
        session.signal(number);
        const auto asked = std::chrono::steady_clock::now();
        const Finished done = session.wait();
        INFO(done.err);
        CHECK(done.status == 128 + number);
        CHECK(std::chrono::steady_clock::now() - asked < at_once);
    }
    // In place of the ssh that makes the connection: this, in the test's directory.
    void connection_does(const std::string& script) {
        const std::string ssh = read_file(home.path("bin/ssh"));
        const std::string first =
            "case \"$*\" in *ControlMaster=yes*) cd '" + home.path("").string() + "'; " + script + " ;; esac\n";
        write_file(home.path("bin/ssh"), "#!/bin/sh\n" + first + ssh.substr(ssh.find('\n') + 1),
                   std::filesystem::perms::owner_all);
    }
    void check_nothing_left() {
        std::string left;
        CHECK(eventually([&] {
            left = ephd.get("/v1/keys").at("keys").dump() + ephd.get("/v1/sessions?active=1").at("sessions").dump();
            return sim.live_keys() == 0 && left == "[][]";
        }));
        INFO(left);
        CHECK(eventually([&] { return processes_with(home.path("sshd/client_config")).empty(); }));  // no ssh of ours
    }
};

}  // namespace

TEST_CASE_METHOD(Moments, "leak 5: Ctrl-C while the key is being made leaves at once, and no key") {
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGKILL}) {
        for (const bool effect_first : {true, false}) {
            INFO("signal " << number << ", effect first: " << effect_first);
            (void)sim.control("DELETE", "/_sim/requests");
            sim.fault(
                {{"match", {{"method", "POST"}}}, {"kind", "delay"}, {"delay_ms", delay_ms}, {"effect", effect_first}});
            Program session = start({"testhost", "x"});
            sim.wait_for("POST service_accounts");
            interrupt(session, number);
            if (number != SIGKILL)
                CHECK_THAT(session.err(),
                           EndsWith("eph: a key that was being made is revoked by ephd as soon as it is there\n"));
            sim.wait_for_answered("DELETE service_accounts");
            check_nothing_left();
        }
    }
}

TEST_CASE_METHOD(Moments, "leak 5: Ctrl-C while ssh connects leaves at once, and no key") {
    const std::filesystem::path config = home.path("sshd/client_config");
    const std::string proxy = "PROXY_OF_A_TEST=" + home.path("").string();
    write_file(config, "Host slowhost\n  ProxyCommand " + proxy + " exec sleep 1000\n" + read_file(config));
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGKILL}) {
        INFO("signal " << number);
        (void)sim.control("DELETE", "/_sim/requests");
        Program session = start({"slowhost", "x"});
        sim.wait_for_answered("POST service_accounts");
        interrupt(session, number);
        check_nothing_left();
    }
    CHECK(eventually([&] { return processes_with(proxy).empty(); }));
}

TEST_CASE_METHOD(Moments,
                 "leak 5: a key that comes while eph is leaving already is revoked with it, and holds nobody up") {
    connection_does("trap '' TERM; : >ready; until [ -e leave ]; do sleep 0.05; done; exit 255");
    sim.fault({{"match", {{"method", "POST"}}}, {"kind", "delay"}, {"delay_ms", 1000}, {"effect", true}});
    const auto began = std::chrono::steady_clock::now();
    Program session = start({"testhost", "x"});
    sim.wait_for("POST service_accounts");
    REQUIRE(eventually([&] { return std::filesystem::exists(home.path("ready")); }));
    session.signal(SIGTERM);
    sim.wait_for_answered("DELETE service_accounts");
    write_file(home.path("leave"), "");
    const Finished done = session.wait();
    CHECK(done.status == 143);
    CHECK(std::chrono::steady_clock::now() - began < 6s);
    CHECK_THAT(done.err, EndsWith(" is revoked\n"));
    check_nothing_left();
}

TEST_CASE_METHOD(Moments, "leak 5: an ssh that overlooks one TERM while it connects holds nobody up") {
    connection_does("trap 'trap - TERM' TERM; : >ready; while :; do sleep 0.05; done");
    sim.fault({{"match", {{"method", "POST"}}}, {"kind", "delay"}, {"delay_ms", delay_ms}, {"effect", true}});
    Program session = start({"testhost", "x"});
    sim.wait_for("POST service_accounts");
    REQUIRE(eventually([&] { return std::filesystem::exists(home.path("ready")); }));
    interrupt(session, SIGTERM);
    check_nothing_left();
}

TEST_CASE_METHOD(Moments,
                 "leak 5: Ctrl-C between the connection and the agent leaves at once, and nothing on the host") {
    // The person's profile takes its time; the keeper waits for it with the session's directory made.
    write_file(host.host_home() / ".profile", "touch \"$HOME/asked\"; exec sleep 1000\n");
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGKILL}) {
        INFO("signal " << number);
        std::filesystem::remove(host.host_home() / "asked");
        Program session = start({"testhost", "x"});
        REQUIRE(eventually([&] { return std::filesystem::exists(host.host_home() / "asked"); }));
        session.signal(number);
        CHECK(session.wait().status == 128 + number);
        check_nothing_left();
        CHECK(eventually([&] { return processes_with("HOME=" + host.host_home().string()).empty(); }));
    }
}

TEST_CASE_METHOD(Moments, "leak 5: Ctrl-C during the last revocation leaves at once, and no key") {
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGKILL}) {
        INFO("signal " << number);
        (void)sim.control("DELETE", "/_sim/requests");
        sim.fault({{"match", {{"method", "DELETE"}}}, {"kind", "delay"}, {"delay_ms", delay_ms}, {"effect", false}});
        Program session = start({"testhost", "x"});
        sim.wait_for("DELETE service_accounts");
        session.signal(number);
        const auto asked = std::chrono::steady_clock::now();
        const Finished done = session.wait();
        CHECK(std::chrono::steady_clock::now() - asked < at_once);
        if (number == SIGKILL)
            CHECK(done.status == 137);
        else
            CHECK_THAT(done.err, Contains(" is NOT revoked yet: the provider has not confirmed it yet\n"));
        check_nothing_left();
    }
}
