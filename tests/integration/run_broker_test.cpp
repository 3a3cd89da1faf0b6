// Sessions through the broker by a real ssh: the way back, what the host has of it, and that nothing of it stays.
#include <unistd.h>

#include <csignal>

#include "tests/integration/support/broker_world.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

// Asks, says so, and asks again once the test has made a file; until an answer comes, as agents do.
std::string asks_twice(const std::filesystem::path& go) {
    return says_where + ask_openai + "echo asked; while ! test -e " + go.string() +
           "; do sleep 0.05; done\nfor n in 1 2 3 4 5 6 7 8 9 10; do answer=$(" + ask_openai +
           ") && break; sleep 0.5; done; echo \"second $answer\"\n";
}

const std::string stays = says_where + "echo ready; while :; do sleep 1; done";

}  // namespace

TEST_CASE_METHOD(BrokerWorld,
                 "an agent on a host works through the broker, and OpenAI's key never leaves this machine") {
    const Finished done = eph(exec({"testhost", "--via", "broker"}, says_where + ask_openai + "env"));
    INFO(done.out << done.err);
    CHECK(done.status == 0);
    CHECK_THAT(done.out, Contains("You said: hello"));
    CHECK_THAT(done.out, Contains(" 200\n"));
    const Json key = sim.state().at("accounts").at(0).at("keys").at(0);
    CHECK(done.out.find(key.at("value").get<std::string>()) == done.out.npos);
    CHECK_THAT(done.out, Contains("OPENAI_API_KEY=eph-"));
    CHECK(sim.requests("POST /v1/responses").at(0).at("credential") == key.at("id"));
    check_gone(done.out);
    CHECK(host.connections() == 1);
    CHECK_THAT(done.err, Contains("eph: testhost: connecting and opening the broker\n"));
    CHECK_THAT(done.err, Contains("eph: testhost: sh starts through the broker, until "));
    CHECK_THAT(done.err, Contains("eph: gpt-5: 1 request, "));
    CHECK_THAT(done.err, Contains(" is revoked\n"));
}

TEST_CASE_METHOD(BrokerWorld,
                 "where the provider makes no keys the broker is what a session gets, with nothing to type") {
    host.agent(
        "echo \"dir=$PI_CODING_AGENT_DIR\"\necho \"key=$ANTHROPIC_API_KEY\"\necho \"arguments=$*\"\n"
        "cat \"$PI_CODING_AGENT_DIR/models.json\"\n");
    const Finished done = eph({"testhost", "--provider", "anthropic", "do it"});
    INFO(done.out << done.err);
    CHECK(done.status == 0);
    CHECK_THAT(field(done.out, "key"), StartsWith("eph-"));
    CHECK_THAT(done.out, Contains("arguments=--no-session --provider anthropic -p\n{\"providers\":{\"anthropic\":{"
                                  "\"baseUrl\":\"http://127.0.0.1:"));
    CHECK_THAT(done.out, EndsWith("/anthropic\"}}}"));
    CHECK_THAT(done.err, EndsWith("eph: the broker has closed: the session's token opens nothing any more\n"));
    CHECK(nothing_left(directory(done.out)));
    CHECK(sim.requests("POST").empty());
    const Json session = both->get("/v1/sessions").at("sessions").at(0);
    CHECK(session.at("credential") == "broker");
    CHECK(session.at("key") == "");
}

TEST_CASE("the person's own key reaches neither the agent nor ssh, whatever ssh and sshd would let through") {
    BrokerWorld world{"AcceptEnv *\n"};
    const std::filesystem::path config = world.home.path("sshd/client_config");
    write_file(config, "Host testhost\n  SendEnv ANTHROPIC_* CLAUDE_* OF_THE_PERSON\n" + read_file(config));
    for (const char* name : {"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"})
        world.home.variables[name] = real_key;
    world.home.variables["OF_THE_PERSON"] = "kept";
    for (const std::string where : {"testhost", "--local"}) {
        INFO(where);
        const Finished done =
            world.eph(BrokerWorld::exec({where, "--provider", "anthropic"}, says_where + ask_anthropic + "env"));
        INFO(done.out << done.err);
        CHECK(done.status == 0);
        CHECK_THAT(done.out, Contains("You said: hello"));
        CHECK_THAT(done.out, Contains("\nOF_THE_PERSON=kept\n"));
        CHECK_THAT(done.out, Contains("\nANTHROPIC_API_KEY=eph-"));
        CHECK(done.out.find(real_key) == done.out.npos);
        CHECK(done.out.find("ANTHROPIC_AUTH_TOKEN") == done.out.npos);
        Program session = world.start(BrokerWorld::exec({where, "--provider", "anthropic"}, stays));
        session.wait_for_out("ready");
        const Finished children = Program{{"pgrep", "-P", std::to_string(session.pid())}, world.home.variables}.wait();
        std::istringstream pids{children.out};
        int seen = 0;
        for (std::string pid; pids >> pid; ++seen)
            CHECK(read_file("/proc/" + pid + "/environ").find(real_key) == std::string::npos);
        CHECK(seen == (where == "testhost" ? 1 : 2));  // the connection; here the keeper and the agent
        session.signal(SIGTERM);
        session.wait();
    }
}

TEST_CASE("a host that forbids the way back is said to, with what to do, and nothing is left there") {
    for (const char* setting :
         {"AllowTcpForwarding no", "AllowTcpForwarding local", "DisableForwarding yes", "PermitListen none"}) {
        INFO(setting);
        BrokerWorld world{std::string{setting} + "\n"};
        const Finished done = world.eph(BrokerWorld::exec({"testhost", "--via", "broker"}, stays));
        CHECK(done.status == 125);
        CHECK_THAT(done.err, Contains("eph: testhost does not let ssh carry a port back to the broker: "));
        CHECK_THAT(done.err, Contains("AllowTcpForwarding yes or remote, PermitListen with 127.0.0.1, no "
                                      "DisableForwarding; in authorized_keys: no restrict, no-port-forwarding"));
        CHECK_THAT(done.err, Contains("With --via key the session works there as it is"));
        CHECK(world.sim.live_keys() == 0);
        CHECK(world.sockets_gone());
        if (setting == std::string{"PermitListen none"}) {
            const Finished other = world.eph({"testhost", "--provider", "anthropic", "x"});
            CHECK(other.status == 125);
            CHECK_THAT(other.err, Contains("With --prompt-key the session works there as it is"));
        }
    }
}

TEST_CASE_METHOD(BrokerWorld, "a key that may forward nothing in authorized_keys is told from a host that is away") {
    const std::filesystem::path keys = home.path("sshd/client_key.pub");
    write_file(keys, "restrict,pty " + read_file(keys));
    const Finished done = eph(exec({"testhost", "--via", "broker"}, stays));
    CHECK(done.status == 125);
    CHECK_THAT(done.err, Contains("does not let ssh carry a port back"));
}

TEST_CASE("proxies of the host do not swallow the way back") {
    BrokerWorld world{"AcceptEnv *\n"};
    const std::filesystem::path config = world.home.path("sshd/client_config");
    write_file(config, "Host testhost\n  SendEnv *_proxy *_PROXY\n" + read_file(config));
    for (const char* name : {"http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"})
        world.home.variables[name] = "http://127.0.0.1:9";
    world.home.variables["no_proxy"] = "internal.example";
    const Finished done = world.eph(
        BrokerWorld::exec({"testhost", "--via", "broker"}, says_where + ask_openai + "echo \"$http_proxy $no_proxy\""));
    INFO(done.out << done.err);
    CHECK_THAT(done.out, Contains("You said: hello"));
    CHECK_THAT(done.out, EndsWith("\nhttp://127.0.0.1:9 internal.example,127.0.0.1,localhost,::1\n"));
}

TEST_CASE_METHOD(BrokerWorld, "forwardings of the person's own are not asked for along with the broker's") {
    const std::filesystem::path own = home.path("own-forwarding");
    const std::filesystem::path config = home.path("sshd/client_config");
    write_file(config, "Host testhost\n  RemoteForward " + own.string() + " 127.0.0.1:1\n  ExitOnForwardFailure yes\n" +
                           read_file(config));
    Program session = start(exec({"testhost", "--via", "broker"}, stays));
    session.wait_for_out("ready");
    CHECK(listens(port_in(field(session.out(), "url"))));
    CHECK_FALSE(std::filesystem::exists(own));
    session.signal(SIGTERM);
    CHECK(session.wait().status == 143);
    check_gone(session.out());
}

TEST_CASE_METHOD(BrokerWorld, "whoever else reaches the port on the host gets nothing without the token") {
    Program session = start(exec({"testhost", "--via", "broker"}, stays));
    session.wait_for_out("ready");
    const std::string url = field(session.out(), "url") + "/responses";
    std::vector<std::string> ask{"curl", "-sS",
                                 "-w",   " %{http_code}",
                                 "-H",   "Authorization: Bearer eph-guessed",
                                 "-d",   "{\"model\":\"gpt-5\",\"input\":\"x\"}",
                                 url};
    if (getuid() == 0) ask.insert(ask.begin(), {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
    const Finished stranger = Program{ask, home.variables}.wait();
    INFO(stranger.out << stranger.err);
    CHECK_THAT(stranger.out, EndsWith(" 401"));
    CHECK(sim.requests("POST /v1/responses").empty());
    session.signal(SIGINT);
    CHECK(session.wait().status == 130);
}

TEST_CASE_METHOD(BrokerWorld, "kill -9 of eph or of ssh leaves no port, no key and no agent") {
    for (const bool of_ssh : {false, true}) {
        INFO(of_ssh);
        Program session = start(exec({"testhost", "--via", "broker"}, stays));
        session.wait_for_out("ready");
        const std::string said = session.out();
        if (of_ssh) {
            const std::vector<std::string> ssh{
                "pkill", "-KILL", "-P", std::to_string(session.pid()), "-f", "ControlMaster=yes"};
            CHECK(Program{ssh, home.variables}.wait().status == 0);
            CHECK(session.wait().status == 255);
        } else {
            session.signal(SIGKILL);
            session.wait();
        }
        CHECK(nothing_left(directory(said)));
        CHECK(eventually([&] { return !listens(port_in(field(said, "url"))); }));
    }
}

TEST_CASE_METHOD(BrokerWorld, "ephd may die and come back: the agent asks again, and goes on") {
    const std::filesystem::path go = home.path("go");
    Program session = start(exec({"testhost", "--via", "broker"}, asks_twice(go)));
    session.wait_for_out("asked");
    both->kill9();
    both->start();
    write_file(go, "");
    const Finished done = session.wait(60s);
    INFO(done.out << done.err);
    CHECK(done.status == 0);
    CHECK_THAT(done.out, Contains("second {"));
    CHECK_THAT(done.out, EndsWith(" 200\n"));
    CHECK_THAT(done.err, Contains("gpt-5: "));  // what was used in the last second before a kill may be forgotten
    check_gone(done.out);
}

TEST_CASE_METHOD(BrokerWorld, "a credential that the provider refuses is said to be ephd's") {
    sim.fault({{"match", {{"path_contains", "/v1/messages"}}}, {"kind", "status"}, {"status", 401}, {"times", -1}});
    const Finished done = eph(exec({"testhost", "--provider", "anthropic"}, says_where + ask_anthropic));
    INFO(done.out << done.err);
    CHECK_THAT(done.err, Contains("eph: Anthropic does not accept the credential that ephd holds; set another "
                                  "one: eph auth setup --provider anthropic\n"));
}

TEST_CASE_METHOD(BrokerWorld, "what was used is said also of a session that its time or eph stop has ended") {
    const Finished late = eph(exec({"testhost", "--via", "broker", "--ttl", "3s"}, ask_openai + stays));
    CHECK(late.status == 124);
    CHECK_THAT(late.err, Contains("eph: gpt-5: 1 request, 11 tokens in (4 cached), 4 out, $"));
    Program session = start(exec({"testhost", "--via", "broker"}, ask_openai + stays));
    session.wait_for_out("ready");
    CHECK(eph({"stop", both->get("/v1/status").at("sessions").at(0).at("id")}).status == 0);
    const Finished stopped = session.wait();
    CHECK(stopped.status == 143);
    CHECK_THAT(stopped.err, Contains("eph: gpt-5: 1 request, "));
}
