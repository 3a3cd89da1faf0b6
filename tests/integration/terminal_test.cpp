// Sessions in a terminal: the agent gets it, the person gets it back.
#include <csignal>

#include "tests/integration/support/world.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

TEST_CASE_METHOD(World, "in a terminal the agent reads the keys and knows the size") {
    agent("stty size; read -r line; echo \"read: $line\"; test -t 0 && test -t 1; exit $?");
    const auto terminal = this->terminal({"testhost"});
    terminal->wait_for("started ");
    terminal->wait_for("24 80");
    terminal->type("hello\r");
    terminal->wait_for("read: hello");
    CHECK(terminal->wait() == 0);
    CHECK(terminal->shown().find("is revoked") != std::string::npos);
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(World, "Ctrl-C in a terminal belongs to the agent") {
    agent("trap 'echo caught; exit 5' INT; while :; do sleep 0.1; done");
    const auto terminal = this->terminal({"testhost"});
    terminal->wait_for("started ");
    terminal->type("\x03");
    terminal->wait_for("caught");
    CHECK(terminal->wait() == 5);
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(World, "Ctrl-C before the agent starts ends the session") {
    sim.fault({{"kind", "delay"}, {"delay_ms", 1000}, {"match", {{"method", "POST"}}}});
    agent("sleep 100");
    const auto terminal = this->terminal({"testhost"});
    sim.wait_for("POST service_accounts");
    terminal->type("\x03");
    CHECK(terminal->wait() == 130);
    CHECK(all_revoked());
}

TEST_CASE_METHOD(World, "closing the terminal ends the agent and revokes the key") {
    agent("echo $$ >\"$HOME/pid\"; trap '' HUP TERM; while :; do sleep 0.2; done");
    const auto terminal = this->terminal({"testhost"});
    CHECK(eventually([&] { return !read_file(sshd.remote_home() / "pid").empty(); }));
    const pid_t pid = std::stoi(read_file(sshd.remote_home() / "pid"));
    terminal->close();
    CHECK(all_revoked());
    CHECK(eventually([&] { return kill(pid, 0) != 0; }));
}

TEST_CASE_METHOD(World, "the terminal is as it was, whatever the agent did to it") {
    agent("stty raw -echo; printf '\\033[?1049h'; exit 3");
    const std::string script = "stty -a >'" + home.path("before").string() + "'; '" EPH "' testhost; echo \"status $?\"; stty -a >'" +
                               home.path("after").string() + "'; echo finished";
    Terminal terminal{{"/bin/sh", "-c", script}, home.variables};
    terminal.wait_for("finished");
    CHECK(terminal.shown().find("status 3") != std::string::npos);
    CHECK(read_file(home.path("before")) == read_file(home.path("after")));
    CHECK_FALSE(read_file(home.path("after")).empty());
}

TEST_CASE_METHOD(World, "colours are for terminals, and never with NO_COLOR") {
    const auto coloured = terminal({"testhost"});  // there is no Pi
    CHECK(coloured->wait() == 127);
    CHECK(coloured->shown().find("\x1b[31m") != std::string::npos);
    home.variables["NO_COLOR"] = "1";
    const auto plain = terminal({"testhost"});
    CHECK(plain->wait() == 127);
    CHECK(plain->shown().find("\x1b[31m") == std::string::npos);
    CHECK(plain->shown().find("Pi was not found on testhost") != std::string::npos);
}
