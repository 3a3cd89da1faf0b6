// Whole sessions in print mode: real ssh, real sshd, and a stand-in for the agent.
#include <csignal>

#include "tests/integration/support/world.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

TEST_CASE_METHOD(World, "a session runs the agent on the host with a key of its own, and leaves nothing") {
    agent("cat; echo; echo \"$*\"; env >\"$HOME/env\"");
    const auto session = start({"testhost", "say", "it's $HOME \"quoted\""});
    const Finished end = session->wait(60s);
    INFO(end.err);
    CHECK(end.status == 0);
    const Agent was = agent_of(*session);
    CHECK(end.out == "started " + was.directory.string() + " " + std::to_string(was.pid) +
                         "\nsay it's $HOME \"quoted\"\n--no-session --provider openai -p\n");
    CHECK(normal(end.err) ==
          "eph: testhost: connecting and making a key\n"
          "eph: testhost: Pi starts with key KEY, until TIME\n"
          "eph: testhost: Pi has ended\n"
          "eph: key KEY is revoked\n");
    CHECK(was.gone());
    CHECK(sim.live_keys() == 0);
    const std::string value = sim.state().at("accounts").at(0).at("keys").at(0).at("value");
    const std::string variables = read_file(sshd.remote_home() / "env");
    CHECK(variables.find("OPENAI_API_KEY=" + value + "\n") != std::string::npos);
    CHECK(variables.find(admin_key) == std::string::npos);
    const Json over = ephd.get("/v1/sessions").at("sessions").at(0);
    CHECK(over.at("host") == "testhost");
    CHECK(over.at("end_reason") == "agent_exited");
    CHECK(over.at("exit_status") == 0);
}

TEST_CASE_METHOD(World, "a session takes two requests to the Admin API and one SSH connection") {
    sim.wait_for_answered("GET /users");
    sim.control("DELETE", "/_sim/requests");
    agent("");
    CHECK(eph({"testhost", "task"}).status == 0);
    CHECK(sim.requests().size() == 2);
    CHECK(sshd.connections() == 1);
}

TEST_CASE_METHOD(World, "the exit status is the agent's") {
    for (const int status : {0, 1, 3, 64, 125, 126, 127, 130, 254}) {
        agent("exit " + std::to_string(status));
        const Finished end = eph({"testhost", "task"});
        INFO(end.err);
        CHECK(end.status == status);
        if (status != 0) CHECK(normal(end.err).find("eph: testhost: Pi has ended with status " + std::to_string(status) + "\n") != std::string::npos);
    }
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(World, "what the agent says on either stream comes through whole") {
    agent("head -c 1000000 /dev/zero | tr '\\0' x; echo oops >&2");
    const Finished end = eph({"testhost", "task"});
    CHECK(end.status == 0);
    CHECK(end.out.size() > 1'000'000);
    CHECK(end.err.find("oops\n") != std::string::npos);
}

TEST_CASE_METHOD(World, "a task comes from a file, from stdin or from an option, however long it is") {
    agent("wc -c; exec >/dev/null");
    const std::string task(400'000, 't');
    write_file(home.path("task"), task);
    for (const auto& words : {std::vector<std::string>{"testhost", "--task-file", home.path("task")}, std::vector<std::string>{"testhost", "-"},
                              std::vector<std::string>{"testhost", "--task-file", "-"}}) {
        const Finished end = eph(words, task);
        INFO(end.err);
        CHECK(end.status == 0);
        CHECK(end.out.ends_with("\n400000\n"));
    }
    CHECK(eph({"testhost", "--task", "12345"}).out.ends_with("\n5\n"));
    CHECK(eph({"--", "testhost", "-h", "--ttl"}).out.ends_with("\n8\n"));
}

TEST_CASE_METHOD(World, "without a task and without a terminal the agent reads what eph is given") {
    agent("cat");
    CHECK(eph({"testhost"}, "piped in\n").out.ends_with("\npiped in\n"));
}

TEST_CASE_METHOD(World, "when the time is up the agent ends, the key is revoked and the status is 124") {
    agent("sleep 100");
    const auto session = start({"testhost", "--ttl", "2s", "task"});
    const Agent was = agent_of(*session);
    const Finished end = session->wait(30s);
    CHECK(end.status == 124);
    CHECK(normal(end.err).ends_with("eph: the session on testhost has ended: its time was up at TIME\neph: key KEY is revoked\n"));
    CHECK(was.gone());
    CHECK(all_revoked());
}

TEST_CASE_METHOD(World, "a session that is stopped from elsewhere ends") {
    agent("sleep 100");
    const auto session = start({"testhost", "task"});
    const Agent was = agent_of(*session);
    const std::string id = ephd.get("/v1/sessions?active=1").at("sessions").at(0).at("id");
    const Finished stopped = eph({"stop", id.substr(0, 5)});
    INFO(stopped.err);
    CHECK(stopped.status == 0);
    const Finished end = session->wait(30s);
    CHECK(end.status == 143);
    CHECK(normal(end.err).find("eph: the session on testhost has ended: it was stopped by eph stop or its key was revoked\n") != std::string::npos);
    CHECK(was.gone());
    CHECK(all_revoked());
}

TEST_CASE_METHOD(World, "signals end the session in order, at any point of it") {
    agent("sleep 100");
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        const auto session = start({"testhost", "task"});
        const Agent was = agent_of(*session);
        session->signal(number);
        const Finished end = session->wait(30s);
        INFO(end.err);
        CHECK(end.status == 128 + number);
        CHECK(normal(end.err).ends_with("eph: key KEY is revoked\n"));
        CHECK(was.gone());
    }
    sim.fault({{"kind", "delay"}, {"delay_ms", 800}, {"times", -1}, {"match", {{"method", "POST"}}}});
    const auto early = start({"testhost", "task"});
    sim.wait_for("POST service_accounts", 4);
    early->signal(SIGINT);
    const Finished end = early->wait(30s);
    CHECK(end.status == 130);
    CHECK(normal(end.err).ends_with("eph: testhost: interrupted\neph: a key that was being made is revoked by ephd as soon as it is there\n"));
    CHECK(all_revoked());
}

TEST_CASE_METHOD(World, "kill -9 of eph ends the agent, cleans the host and revokes the key") {
    agent("trap '' HUP TERM INT; while :; do sleep 1; done");
    const auto session = start({"testhost", "task"});
    const Agent was = agent_of(*session);
    const auto killed = std::chrono::steady_clock::now();
    session->signal(SIGKILL);
    sim.wait_for("DELETE service_accounts");
    CHECK(std::chrono::steady_clock::now() - killed < 1s);
    CHECK(was.gone());
    CHECK(all_revoked());
}

TEST_CASE_METHOD(World, "a connection that is cut ends the agent, and the status is ssh's") {
    agent("trap '' HUP; while :; do sleep 1; done");
    const auto session = start({"testhost", "task"});
    const Agent was = agent_of(*session);
    sshd.cut();
    const Finished end = session->wait(30s);
    INFO(end.err);
    CHECK(end.status == 255);
    CHECK(normal(end.err).find("eph: the connection to testhost was lost\n") != std::string::npos);
    CHECK(normal(end.err).ends_with("eph: key KEY is revoked\n"));
    CHECK(was.gone());
    CHECK(all_revoked());
}

TEST_CASE_METHOD(World, "a session goes on when ephd is killed and started again") {
    agent("while [ ! -e \"$HOME/go\" ]; do sleep 0.1; done; exit 7");
    const auto session = start({"testhost", "task"});
    const Agent was = agent_of(*session);
    ephd.kill9();
    ephd.start();
    CHECK(eventually([&] { return ephd.program().err().find("session") != std::string::npos || ephd.get("/v1/sessions?active=1").at("sessions").size() == 1; }));
    CHECK(sim.live_keys() == 1);
    write_file(sshd.remote_home() / "go", "");
    const Finished end = session->wait(30s);
    INFO(end.err);
    CHECK(end.status == 7);
    CHECK(normal(end.err).ends_with("eph: key KEY is revoked\n"));
    CHECK(was.gone());
}

TEST_CASE_METHOD(World, "a key that cannot be revoked yet is said loudly, with what happens next") {
    agent("");
    sim.fault({{"kind", "status"}, {"status", 500}, {"match", {{"method", "DELETE"}}}});
    const Finished end = eph({"testhost", "task"});
    CHECK(end.status == 0);
    const std::string said = normal(end.err);
    CHECK(said.find("eph: key KEY is NOT revoked yet: OpenAI could not delete a service account in project proj_test: ") != std::string::npos);
    CHECK(said.ends_with("eph: ephd goes on trying until it is; the key's own end is at TIME. See: eph status\n"));
    CHECK(all_revoked());
}

TEST_CASE_METHOD(World, "no secret stands in any command line, here or on the host") {
    agent("sleep 100");
    const auto session = start({"testhost", "task"});
    (void)agent_of(*session);
    const std::string value = sim.state().at("accounts").at(0).at("keys").at(0).at("value");
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string line = read_file(entry.path() / "cmdline");
        if (line.find(EPH_SIM) != std::string::npos) continue;  // it is told its admin key, as a provider knows it
        CHECK(line.find(value) == std::string::npos);
        CHECK(line.find(admin_key) == std::string::npos);
    }
}

TEST_CASE_METHOD(World, "an admin key in eph's environment reaches ephd and nobody else") {
    agent("sleep 100");
    const auto session = start({"testhost", "task"}, "", Daemon::account(sim));
    const Agent was = agent_of(*session);
    const std::string ours = std::to_string(session->pid());
    const std::string children = Program{{"pgrep", "-P", ours}, home.variables}.wait().out;
    std::istringstream pids{children};
    int seen = 0;
    for (std::string pid; pids >> pid; ++seen) CHECK(read_file("/proc/" + pid + "/environ").find(admin_key) == std::string::npos);
    CHECK(seen == 2);
    CHECK(read_file("/proc/" + std::to_string(was.pid) + "/environ").find(admin_key) == std::string::npos);
}
