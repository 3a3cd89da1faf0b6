// eph daemon, where no service manager is: ephd as eph starts it. With a real systemd: tests/systemd.
#include <algorithm>
#include <csignal>
#include <memory>

#include "tests/integration/support/daemon.hpp"
#include "tests/integration/support/pty.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

namespace {

struct Fixture {
    Sim sim;
    TempHome home;

    Fixture() { home.variables.erase("EPH_NO_AUTOSTART"); }
    ~Fixture() {  // what eph has started dies with nobody
        home.variables["EPH_NO_AUTOSTART"] = "1";
        (void)Program{{EPH, "daemon", "stop", "--keep"}, home.variables}.wait(90s);
    }

    Finished eph(std::vector<std::string> words, const Variables& extra = {}) {
        Variables variables = home.variables;
        for (const auto& [name, value] : extra) variables[name] = value;
        words.insert(words.begin(), EPH);
        return Program{words, variables}.wait(90s);
    }
    Finished with_account(std::vector<std::string> words) { return eph(std::move(words), Daemon::account(sim)); }
    Json status() { return Json::parse(eph({"daemon", "status", "--json"}).out); }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "daemon status looks without starting ephd, and says so with status 3") {
    const Finished end = eph({"daemon", "status"});
    CHECK(end.status == 3);
    CHECK(end.out.find("ephd does not run: the next eph command that needs it starts it\n") == 0);
    CHECK_FALSE(std::filesystem::exists(home.socket()));
    const Json none = Json::parse(eph({"daemon", "status", "--json"}).out);
    CHECK(none.at("running") == false);
    CHECK(none.at("installed") == false);
    CHECK(none.at("ledger") == home.ledger().string());
}

TEST_CASE_METHOD(
    Fixture, "daemon start, restart and stop work without a service manager, also where eph starts nothing by itself") {
    home.variables["EPH_NO_AUTOSTART"] = "1";
    const Finished first = eph({"daemon", "start"});
    INFO(first.err);
    CHECK(first.status == 0);
    const Json one = status();
    CHECK(one.at("running") == true);
    CHECK(one.at("kept_by") == "eph");
    CHECK(one.at("socket") == home.socket().string());
    CHECK(eph({"daemon", "start"}).status == 0);
    CHECK(status().at("pid") == one.at("pid"));
    CHECK(eph({"daemon", "restart"}).status == 0);
    const Json two = status();
    CHECK(two.at("pid") != one.at("pid"));
    const Finished stopped = eph({"daemon", "stop"});
    CHECK(stopped.status == 0);
    CHECK(stopped.err == "eph: stopping ephd\neph: ephd has ended\n");
    CHECK_FALSE(std::filesystem::exists(home.socket()));
    CHECK(eph({"daemon", "stop"}).err == "eph: stopping ephd\neph: ephd does not run\n");
}

TEST_CASE_METHOD(Fixture, "daemon status counts, and names a version that differs") {
    REQUIRE(with_account({"keys", "create", "one"}).status == 0);
    CHECK(status().at("keys") == 1);
    CHECK(status().at("sessions") == 0);
    const Finished end = eph({"daemon", "status"});
    CHECK(end.status == 0);
    CHECK(end.out.find("ephd " EPH_VERSION " runs since ") == 0);
    CHECK(end.out.find("kept by    nobody: eph started it\n") != std::string::npos);
    CHECK(end.out.find("brings them together") == std::string::npos);
}

TEST_CASE_METHOD(Fixture, "daemon stop without a terminal ends nothing that lives, unless --yes") {
    REQUIRE(with_account({"keys", "create", "one"}).status == 0);
    const Finished asked = eph({"daemon", "stop"});
    CHECK(asked.status == 64);
    CHECK(asked.err.find("there is no terminal to ask on\n--yes ends them, --keep leaves them as they are.\n") !=
          std::string::npos);
    CHECK(asked.out.find("This ends, and revokes the keys of:\n") == 0);
    CHECK(sim.live_keys() == 1);
    CHECK(status().at("running") == true);
    const Finished end = eph({"daemon", "stop", "--yes"});
    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(sim.live_keys() == 0);
    CHECK(status().at("running") == false);
}

TEST_CASE_METHOD(Fixture, "daemon stop asks on a terminal, and no is an answer") {
    REQUIRE(with_account({"keys", "create", "one"}).status == 0);
    {
        Pty terminal{{EPH, "daemon", "stop"}, home.variables};
        terminal.wait_for("End them and stop ephd? [y/N] ");
        terminal.type("n\n");
        CHECK(terminal.wait() == 1);
    }
    CHECK(sim.live_keys() == 1);
    Pty terminal{{EPH, "daemon", "stop"}, home.variables};
    terminal.wait_for("End them and stop ephd? [y/N] ");
    terminal.type("y\n");
    CHECK(terminal.wait() == 0);
    CHECK(sim.live_keys() == 0);
    CHECK(status().at("running") == false);
}

TEST_CASE_METHOD(Fixture, "daemon stop --keep leaves keys to the next ephd") {
    REQUIRE(with_account({"keys", "create", "one"}).status == 0);
    CHECK(eph({"daemon", "stop", "--keep"}).status == 0);
    CHECK(status().at("running") == false);
    CHECK(sim.live_keys() == 1);
    CHECK(eph({"daemon", "start"}).status == 0);
    CHECK(status().at("keys") == 1);
}

TEST_CASE_METHOD(Fixture, "daemon stop ends sessions: their clients hear why, and start no other ephd") {
    write_file(home.path("agent"), "#!/bin/sh\necho here\nexec sleep 60\n");
    std::filesystem::permissions(home.path("agent"), std::filesystem::perms::owner_all);
    Variables variables = home.variables;
    for (const auto& [name, value] : Daemon::account(sim)) variables[name] = value;
    Program session{{EPH, "--local", "--remote-pi", home.path("agent"), "wait"}, variables};
    session.wait_for_out("here");
    const Finished end = eph({"daemon", "stop", "--yes"});
    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(end.out.find("session  ") != std::string::npos);
    CHECK(session.wait().status == 143);
    INFO(session.err());
    CHECK(session.err().find("the session on local has ended: ephd was stopped") != std::string::npos);
    CHECK(sim.live_keys() == 0);
    CHECK(status().at("running") == false);
}

TEST_CASE_METHOD(Fixture, "daemon stop does not go while the provider has not confirmed, unless --force",
                 "[slow][unconfirmed]") {
    REQUIRE(with_account({"keys", "create", "one"}).status == 0);
    sim.fault({{"kind", "status"}, {"status", 500}, {"times", -1}, {"match", {{"method", "DELETE"}}}});
    const Finished refused = eph({"daemon", "stop", "--yes"});
    CHECK(refused.status == 125);
    CHECK(refused.err.find("eph: not confirmed as revoked: ") != std::string::npos);
    CHECK(refused.err.find("ephd goes on running, and trying.") != std::string::npos);
    CHECK(status().at("revoking") == 1);
    const Finished forced = eph({"daemon", "stop", "--force"});
    CHECK(forced.status == 0);
    CHECK(status().at("running") == false);
    sim.clear_faults();
    CHECK(with_account({"status"}).status == 0);  // the next ephd, with the account that it needs
    CHECK(eventually([&] { return sim.live_keys() == 0; }));
}

TEST_CASE_METHOD(Fixture, "daemon logs shows the last lines of ephd's file, and follows it") {
    REQUIRE(eph({"daemon", "start"}).status == 0);
    const Finished last = eph({"daemon", "logs", "-n", "1"});
    CHECK(last.status == 0);
    CHECK(std::count(last.out.begin(), last.out.end(), '\n') == 1);
    CHECK(last.out.find("is ready") != std::string::npos);
    CHECK(eph({"daemon", "logs", "-n", "x"}).status == 64);
    Variables variables = home.variables;
    Program follower{{EPH, "daemon", "logs", "-f"}, variables};
    follower.wait_for_out("is ready");
    CHECK(eph({"daemon", "stop"}).status == 0);
    follower.wait_for_out("stopping");
}

TEST_CASE_METHOD(Fixture, "where there is no service manager, install and uninstall say what happens instead") {
    for (const char* command : {"install", "uninstall"}) {
        const Finished end = eph({"daemon", command});
        CHECK(end.status == 125);
        CHECK(end.err.find("there is no service manager here that could keep ephd: systemctl --user says: ") !=
              std::string::npos);
        CHECK(end.err.find("eph starts ephd when it needs it") != std::string::npos);
    }
    CHECK_FALSE(std::filesystem::exists(home.path("config/systemd")));
}

TEST_CASE_METHOD(Fixture, "a service has its own socket, so EPH_SOCKET and install do not go together") {
    const Finished end = eph({"daemon", "install"}, {{"EPH_SOCKET", home.path("other")}});
    CHECK(end.status == 64);
    CHECK(end.err.find("EPH_SOCKET names " + home.path("other").string()) != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "an ephd that hangs is called that, and its log can be read all the same") {
    REQUIRE(with_account({"daemon", "start"}).status == 0);
    const pid_t pid = status().at("pid");
    kill(pid, SIGSTOP);
    const Finished shown = eph({"daemon", "status"});
    const Finished logs = eph({"daemon", "logs"});
    kill(pid, SIGCONT);
    CHECK(shown.status == 125);
    CHECK(shown.err ==
          "eph: ephd did not answer GET /v1/status within 20 s\nIt hangs: eph daemon logs shows what it said last. "
          "Once it is killed, the next ephd goes on.\n");
    CHECK(logs.status == 0);
    CHECK_FALSE(logs.out.empty());
}

TEST_CASE_METHOD(Fixture, "without the environment of the login, as in cron, eph says why it does not find ephd") {
    REQUIRE(with_account({"daemon", "start"}).status == 0);
    const Finished lost = eph({"status"}, {{"EPH_SOCKET", home.path("other.sock").string()}});
    CHECK(lost.status == 125);
    CHECK(lost.err.find("another ephd works with the ledger " + home.ledger().string()) != std::string::npos);
    CHECK(lost.err.find("XDG_RUNTIME_DIR") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "of those who start ephd at once, each hears that it runs") {
    std::vector<std::unique_ptr<Program>> all;
    for (int i = 0; i < 4; ++i)
        all.push_back(std::make_unique<Program>(std::vector<std::string>{EPH, "daemon", "start"}, home.variables));
    for (const auto& each : all) {
        const Finished done = each->wait(10s);
        INFO(done.err);
        CHECK(done.status == 0);
    }
}
