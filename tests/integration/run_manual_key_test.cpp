// Sessions with a key that the person brings: eph can end the session, and says that it cannot revoke the key.
#include <csignal>

#include "tests/integration/support/world.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;

TEST_CASE_METHOD(World, "without a key of its kind a session is not begun, and what to do is said") {
    struct Case {
        std::vector<std::string> words;
        std::string says;
        int status = 64;
    };
    const std::string no_key = "eph: the key command ended with status 1: false\n";
    const std::vector<Case> cases{
        {{"testhost", "--provider", "anthropic", "x"},
         "eph: no Anthropic API key is loaded\nRun eph auth setup --provider anthropic, or set ANTHROPIC_API_KEY.\n",
         125},
        {{"testhost", "--provider", "anthropic", "--prompt-key", "x"},
         "eph: --prompt-key needs a terminal on stdin, to ask without echo\nWithout one, let a command print the key: "
         "--key-command CMD\n"},
        {{"testhost", "--prompt-key", "--key-command", "x", "x"},
         "eph: --prompt-key and --key-command exclude each other\n"},
        {{"testhost", "--key-command", "false", "x"}, no_key},
        {{"exec", "testhost", "--provider", "groq", "--key-command", "false", "env"}, no_key},
        {{"testhost", "--key-command", "true", "x"}, "eph: the key command gave no key\n"},
        {{"testhost", "--key-command", "echo error: not logged in", "x"},
         "eph: what the key command gave is not a key: it holds blanks or other characters that no key has\n"},
    };
    for (const Case& each : cases) {
        const Finished done = eph(each.words);
        CHECK(done.status == each.status);
        CHECK(done.err == each.says);
    }
    CHECK(sim.requests("POST").empty());
    CHECK(host.connections() == 0);
}

namespace {

constexpr const char* own_key = "sk-ant-api03-the-persons-own_KEY";

// Says whether the key is right, without saying the key.
const std::string discreet_agent =
    "echo \"dir=$PI_CODING_AGENT_DIR\"\necho \"$*\"\n"
    "test \"$ANTHROPIC_API_KEY\" = \"$(cat \"$HOME/expected\")\" && echo 'the key is right'\n"
    "ps -eo args | grep -F \"$ANTHROPIC_API_KEY\" | grep -vc grep\n"
    "grep -rl \"$ANTHROPIC_API_KEY\" \"$PI_CODING_AGENT_DIR/..\" | wc -l\n";

// A person who has a key, an ephd without any account, and a host.
struct OwnKey : World {
    OwnKey() {
        (void)ephd.stop();
        bare = std::make_unique<Daemon>(home);
        host.agent(discreet_agent);
        write_file(host.host_home() / "expected", own_key);
        write_file(home.path("own-key"), std::string{own_key} + "\nnot this line\n");
        words = {"testhost", "--provider", "anthropic", "--key-command", "cat '" + home.path("own-key").string() + "'"};
    }

    std::vector<std::string> with(std::vector<std::string> more) const {
        more.insert(more.begin(), words.begin(), words.end());
        return more;
    }

    // Files of ephd and eph that have the key in them.
    std::string found_in() const {
        return Program{{"grep", "-rl", own_key, home.path("state"), home.path("run"), home.path("config")},
                       home.variables}
            .wait()
            .out;
    }

    std::unique_ptr<Daemon> bare;
    std::vector<std::string> words;
};

}  // namespace

TEST_CASE_METHOD(OwnKey,
                 "a key of one's own reaches the agent like one that is made, and eph says that it stays valid") {
    const Finished done = eph(with({"x"}));
    INFO(done.err);
    CHECK(done.status == 0);
    CHECK_THAT(done.out, Contains("--no-session --provider anthropic -p\nthe key is right\n0\n0\n"));
    CHECK_THAT(done.err,
               Contains("eph: eph did not make this key for Anthropic and cannot revoke it: that remains yours "
                        "to do\neph: testhost: connecting\n"));
    CHECK_THAT(done.err, Contains("eph: testhost: Pi starts with your own key, until "));
    CHECK_THAT(done.err,
               Catch::Matchers::EndsWith(
                   "eph: testhost: Pi has ended\neph: your Anthropic key is NOT revoked, eph cannot do that: if "
                   "testhost should not keep it, revoke it at console.anthropic.com/settings/keys\n"));
    CHECK(nothing_left(directory(done.out)));
    CHECK(sim.requests("POST").empty());
    CHECK(found_in().empty());
    CHECK(bare->program().err().find(own_key) == std::string::npos);
    const Json session = bare->get("/v1/sessions").at("sessions").at(0);
    CHECK(session.at("credential") == "manual");
    CHECK(session.at("provider") == "anthropic");
    CHECK(session.at("end_reason") == "agent_exited");
}

TEST_CASE_METHOD(OwnKey, "a key of one's own is asked for without echo") {
    Pty person(command({"testhost", "--provider", "anthropic", "--prompt-key", "--print", "x"}), home.variables);
    person.wait_for("Anthropic API key (not shown): ");
    CHECK(eventually([&] { return !person.echoes(); }));
    person.type(std::string{own_key} + "\n");
    CHECK(person.wait() == 0);
    CHECK_THAT(person.screen(), Contains("the key is right"));
    CHECK(person.screen().find(own_key) == std::string::npos);
    CHECK(person.echoes());
}

TEST_CASE_METHOD(OwnKey, "Ctrl-C at the question for a key ends eph at once, with the echo back") {
    Pty person(command({"testhost", "--provider", "anthropic", "--prompt-key", "x"}), home.variables);
    person.wait_for("Anthropic API key (not shown): ");
    CHECK(eventually([&] { return !person.echoes(); }));
    person.type("half of it\x03");
    CHECK(person.wait(5s) == 130);
    CHECK(person.echoes());
}

TEST_CASE_METHOD(OwnKey, "a session with a key of one's own ends with its time, by eph stop, and with eph") {
    host.agent("trap '' TERM HUP\n" + discreet_agent + "while :; do sleep 1; done\n");
    const Finished late = eph(with({"--ttl", "2s", "x"}));
    CHECK(late.status == 124);
    CHECK_THAT(late.err, Contains("eph: the session on testhost has ended: its time was up at "));
    CHECK_THAT(late.err, Contains("eph: your Anthropic key is NOT revoked"));
    CHECK(nothing_left(directory(late.out)));

    Program stopped = start(with({"x"}));
    stopped.wait_for_out("is right");
    const std::string id = bare->get("/v1/sessions?active=1").at("sessions").at(0).at("id");
    CHECK(eph({"stop", id}).status == 0);
    CHECK(stopped.wait().status == 143);
    CHECK(nothing_left(directory(stopped.out())));

    Program killed = start(with({"x"}));
    killed.wait_for_out("is right");
    killed.signal(SIGKILL);
    CHECK(nothing_left(directory(killed.out())));
}

TEST_CASE_METHOD(OwnKey, "a command gets a key of one's own where its provider's programs look for it") {
    words.insert(words.begin(), "exec");
    CHECK(eph(with({"--", "printenv", "ANTHROPIC_API_KEY"})).out == std::string{own_key} + "\n");
    words.at(1) = "--local";
    CHECK(eph(with({"--env", "KEY", "printenv", "KEY"})).out == std::string{own_key} + "\n");
}
