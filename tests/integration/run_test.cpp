// Whole sessions in print mode, through a real ssh: what reaches the agent, and what comes back.
#include <sys/stat.h>

#include <regex>

#include "tests/integration/support/world.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;

namespace {

// With KEY for a key's id and TIME for a time of day; which of the two that run side by side was first is left out.
std::string normal(std::string text) {
    text = std::regex_replace(text, std::regex{"key [a-z0-9]{10}\\b"}, "key KEY");
    text = std::regex_replace(text, std::regex{"[0-9]{2}:[0-9]{2}:[0-9]{2}"}, "TIME");
    return std::regex_replace(text, std::regex{"eph: [a-z]+: (key KEY made, connecting|connected, making a key)\n"},
                              "");
}

}  // namespace

TEST_CASE_METHOD(World, "a session gives the agent a key, and nothing of it is left afterwards") {
    const Finished done = eph({"testhost", "do it"});
    INFO(done.err);
    CHECK(done.status == 0);
    CHECK_THAT(done.out, Contains("arguments=--no-session --provider openai -p\n"));
    CHECK(normal(done.err) ==
          "eph: testhost: connecting and making a key\n"
          "eph: testhost: Pi starts with key KEY, until TIME\n"
          "eph: testhost: Pi has ended\n"
          "eph: key KEY is revoked\n");
    const Json state = sim.state();
    REQUIRE(state.at("accounts").size() == 1);
    const std::string secret = state.at("accounts").at(0).at("keys").at(0).at("value");
    CHECK_THAT(done.out, Contains("key=" + secret + "\n"));
    CHECK(nothing_left(directory(done.out)));
    const Json session = ephd.get("/v1/sessions").at("sessions").at(0);
    CHECK(session.at("host") == "testhost");
    CHECK(session.at("state") == "over");
    CHECK(session.at("end_reason") == "agent_exited");
    CHECK(session.at("exit_status") == 0);
    CHECK(session.at("key_state") == "revoked");
}

TEST_CASE_METHOD(World, "a session takes two requests to the Admin API and one SSH connection") {
    sim.wait_for_answered("GET /users");  // the comparison at ephd's start
    sim.control("DELETE", "/_sim/requests");
    CHECK(eph({"testhost", "x"}).status == 0);
    CHECK(sim.requests().size() == 2);
    CHECK(sim.requests("POST").size() == 1);
    CHECK(sim.requests("DELETE").size() == 1);
    CHECK(host.connections() == 1);
}

TEST_CASE("where a connection may have one session alone, the agent has a connection of its own") {
    World world{{}, "MaxSessions 1\n"};
    world.host.agent(std::string{honest_agent} + "exit 5\n");
    const Finished done = world.eph({"testhost", "x"});
    INFO(done.err);
    CHECK(done.status == 5);
    CHECK_THAT(done.out, Contains("arguments=--no-session"));
    CHECK(world.host.connections() == 2);
    CHECK(world.nothing_left(World::directory(done.out)));
}

TEST_CASE("what ssh_config sends along reaches the agent, with a terminal or without") {
    World world{{}, "AcceptEnv OF_*\n"};
    const std::filesystem::path config = world.home.path("sshd/client_config");
    write_file(config, "Host testhost\n  SendEnv OF_THE_P* \n  SetEnv OF_HOST=\"a b\"\n" + read_file(config));
    world.home.variables["OF_THE_PERSON"] = "é 'x'";
    world.home.variables["OF_OTHERS"] = "1";
    world.host.agent("echo \"<$OF_THE_PERSON|$OF_HOST|$OF_OTHERS>\"\n");
    CHECK_THAT(world.eph({"testhost", "x"}).out, Contains("<é 'x'|a b|>\n"));
    Pty terminal(world.command({"testhost"}), world.home.variables);
    terminal.wait_for("<é 'x'|a b|>");
    CHECK(terminal.wait() == 0);
}

TEST_CASE_METHOD(World, "the exit status is the agent's") {
    for (const int status : {0, 1, 3, 64, 125, 126, 127, 130, 254}) {
        host.agent("exit " + std::to_string(status) + "\n");
        const Finished done = eph({"testhost", "x"});
        CHECK(done.status == status);
        if (status != 0)
            CHECK_THAT(done.err, Contains("eph: testhost: Pi has ended with status " + std::to_string(status) + "\n"));
    }
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(World, "what the agent says on either stream comes through whole") {
    host.agent("head -c 1000000 /dev/zero | tr '\\0' x; echo oops >&2\n");
    const Finished done = eph({"testhost", "x"});
    CHECK(done.status == 0);
    CHECK(done.out == std::string(1'000'000, 'x'));
    CHECK_THAT(done.err, Contains("oops\n"));
}

TEST_CASE_METHOD(World, "the session's directory on the host is the user's alone") {
    host.agent(std::string{honest_agent} + "stat -c %a \"${PI_CODING_AGENT_DIR%/config}\"\n");
    CHECK_THAT(eph({"testhost", "x"}).out, Catch::Matchers::EndsWith("\n700\n"));
}

TEST_CASE_METHOD(World, "model, thinking and the provider's address reach the agent") {
    host.agent(std::string{honest_agent} + "cat \"$PI_CODING_AGENT_DIR/models.json\"\n");
    const Finished done = eph({"testhost", "--model", "gpt-5.2", "--thinking=high", "x"});
    CHECK_THAT(done.out, Contains("arguments=--no-session --provider openai --model gpt-5.2 --thinking high -p\n"));
    CHECK_THAT(done.out, Contains("{\"providers\":{\"openai\":{\"baseUrl\":\"" + sim.base_url() + "\"}}}"));
}

TEST_CASE_METHOD(World, "a local session runs where the person stands and leaves nothing") {
    host.agent(std::string{honest_agent} + "pwd\nexit 5\n");
    const std::string pi = host.host_home() / ".local/bin/pi";
    const std::string line =
        "cd " + home.path("tmp").string() + " && exec " EPH " --local --remote-pi " + pi + " do it";
    const Finished done = Program{{"/bin/sh", "-c", line}, home.variables}.wait();
    INFO(done.err);
    CHECK(done.status == 5);
    CHECK_THAT(done.out, Catch::Matchers::EndsWith("\n" + home.path("tmp").string() + "\n"));
    CHECK(nothing_left(directory(done.out)));
    CHECK(host.connections() == 0);
}

TEST_CASE_METHOD(World, "what ssh_config says for logins does not break a session") {
    const std::filesystem::path config = home.path("sshd/client_config");
    const std::string before = read_file(config);
    REQUIRE_FALSE(before.empty());
    write_file(config,
               "Host testhost\n  RemoteCommand uptime\n  RequestTTY force\n  SessionType none\n  StdinNull yes\n"
               "  ForkAfterAuthentication yes\n  ControlMaster auto\n  ControlPath " +
                   home.path("own").string() + "\n  ControlPersist 60\n  LocalForward 127.0.0.1:1 127.0.0.1:1\n" +
                   before);
    const Finished done = eph({"testhost", "x"});
    CHECK(done.status == 0);
    CHECK_THAT(done.out, Contains("arguments=--no-session"));
    CHECK_FALSE(std::filesystem::exists(home.path("own")));
    CHECK(nothing_left(directory(done.out)));
}

TEST_CASE_METHOD(World, "a host that is named like a command is reached by eph run") {
    const std::string configuration = read_file(home.path("sshd/client_config"));
    write_file(home.path("sshd/client_config"),
               std::regex_replace(configuration, std::regex{"Host testhost"}, "Host testhost status"));
    const Finished done = eph({"run", "status", "x"});
    CHECK(done.status == 0);
    CHECK_THAT(done.out, Contains("arguments=--no-session"));
}
