// eph exec: any command with a disposable key, with the life cycle of a session.
#include <csignal>

#include "tests/integration/support/world.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

namespace {

// Says where its session lives, and as which process it runs.
const std::string stubborn =
    "trap '' HUP TERM INT; echo \"dir=/tmp/eph-$EPH_SESSION/x\"; echo \"pid=$$\"; while :; do sleep 1; done";

}  // namespace

TEST_CASE_METHOD(World, "a command on a host has a key in its environment, and nothing of it is left afterwards") {
    const Finished done =
        eph({"exec", "testhost", "--", "sh", "-c",
             "echo \"dir=/tmp/eph-$EPH_SESSION/x\"; echo \"$OPENAI_API_KEY\"; echo \"$OPENAI_BASE_URL\"; ls -A "
             "/tmp/eph-$EPH_SESSION; env | grep -c ^PI_; exit \"$1\"",
             "name", "3"});
    INFO(done.err);
    CHECK(done.status == 3);
    const std::string key = sim.state().at("accounts").at(0).at("keys").at(0).at("value");
    CHECK_THAT(done.out, EndsWith("\n" + key + "\n" + sim.base_url() + "\nagent\nfound\nkeeper\nrun\n0\n"));
    CHECK_THAT(done.err, Contains("eph: testhost: sh starts with key "));
    CHECK_THAT(done.err, Contains("eph: testhost: sh has ended with status 3\neph: key "));
    CHECK(nothing_left(directory(done.out)));
    const Json session = ephd.get("/v1/sessions").at("sessions").at(0);
    CHECK(session.at("agent") == "sh");
    CHECK(session.at("exit_status") == 3);
}

TEST_CASE_METHOD(World, "a command that a signal ends is not taken for a lost connection") {
    const Finished there = eph({"exec", "testhost", "--", "sh", "-c", "kill -KILL $$"});
    CHECK(there.status == 255);  // ssh has no other for it
    CHECK_THAT(there.err, Contains("eph: testhost: sh has ended with status 255, or by a signal there\neph: key "));
    CHECK(eph({"exec", "--local", "--", "sh", "-c", "kill -KILL $$"}).status == 128 + SIGKILL);
}

TEST_CASE_METHOD(World, "what goes through a command comes through byte for byte") {
    std::string bytes;
    for (int i = 0; i < 300'000; ++i) bytes += static_cast<char>(i * 7 + i / 256);
    const Finished done = eph({"exec", "testhost", "--", "cat"}, bytes);
    CHECK(done.status == 0);
    CHECK(done.out == bytes);
    CHECK(eph({"exec", "--local", "--", "cat"}, bytes).out == bytes);
}

TEST_CASE_METHOD(World, "a command's own options are its own, and its key stands where --env says") {
    CHECK_THAT(eph({"exec", "testhost", "--env", "MY_KEY", "printenv", "MY_KEY"}).out,
               Catch::Matchers::StartsWith("sk-"));
    CHECK(eph({"exec", "testhost", "--env", "MY_KEY", "printenv", "OPENAI_API_KEY"}).status == 1);
    CHECK(eph({"exec", "testhost", "echo", "--ttl", "--help", "-x"}).out == "--ttl --help -x\n");
    for (const char* name : {"PATH", "LD_PRELOAD", "EPH_SESSION"}) {
        const Finished refused = eph({"exec", "testhost", "--env", name, "true"});
        CHECK(refused.status == 64);
        CHECK(refused.err == std::string{"eph: '"} + name +
                                 "' cannot be the variable of the key: it means something else to a shell, to "
                                 "programs or to eph\n");
    }
    CHECK(eph({"exec", "testhost"}).err == "eph: eph exec needs <host> -- command...\nSee eph exec --help.\n");
}

TEST_CASE_METHOD(World, "a command that is not there is 127, one that cannot run is 126") {
    const Finished missing = eph({"exec", "testhost", "--", "no-such-command"});
    CHECK(missing.status == 127);
    CHECK_THAT(missing.err, Contains("eph: no-such-command was not found on testhost\neph: key "));
    const Finished refused = eph({"exec", "testhost", "--", "/etc/passwd"});
    CHECK(refused.status == 126);
    CHECK_THAT(refused.err, Contains("eph: /etc/passwd on testhost is not executable\nMake it so with chmod +x, or "
                                     "name another one.\neph: key "));
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(World, "a local command has its key, what was there before, and nothing else of ours") {
    home.variables["OF_THE_PERSON"] = "kept";
    home.variables["EPH_ANYTHING"] = "x";
    Variables expected = home.variables;
    home.variables.merge(Daemon::account(sim));
    std::istringstream lines{eph({"exec", "--local", "--", "env"}).out};
    Variables got;
    for (std::string line; std::getline(lines, line);)
        got[line.substr(0, line.find('='))] = line.substr(line.find('=') + 1);
    for (const char* ours : {"EPH_NO_AUTOSTART", "EPH_ANYTHING"}) expected.erase(ours);
    for (const char* shells : {"PWD", "OLDPWD", "_", "SHLVL"}) got.erase(shells);
    CHECK_THAT(got["OPENAI_API_KEY"], Catch::Matchers::StartsWith("sk-"));
    CHECK(got["OPENAI_BASE_URL"] == sim.base_url());
    CHECK(got["EPH_SESSION"].size() == 20);
    for (const char* its_own : {"OPENAI_API_KEY", "OPENAI_BASE_URL", "EPH_SESSION"}) got.erase(its_own);
    CHECK(got == expected);
}

TEST_CASE_METHOD(World, "a local command runs where the person stands") {
    const std::string line = "cd " + home.path("tmp").string() + " && exec " EPH " exec --local -- pwd";
    CHECK(Program({"/bin/sh", "-c", line}, home.variables).wait().out == home.path("tmp").string() + "\n");
    CHECK(host.connections() == 0);
}

TEST_CASE_METHOD(World, "a command has the terminal where there is one") {
    Pty person(
        command({"exec", "testhost", "--", "sh", "-c", "test -t 0 && test -t 1 && read -r x && echo \"<$x>\"; exit 5"}),
        home.variables);
    person.wait_for("sh starts with key ");
    person.type("typed\n");
    CHECK(person.wait() == 5);
    CHECK_THAT(person.screen(), Contains("<typed>"));
    CHECK(person.screen().find("\x1b[?1049l") == std::string::npos);
}

TEST_CASE_METHOD(World, "a command ends with its time, with eph, and with Ctrl-C") {
    const Finished late = eph({"exec", "testhost", "--ttl", "2s", "--", "sh", "-c", stubborn});
    CHECK(late.status == 124);
    CHECK(nothing_left(directory(late.out)));

    Program killed = start({"exec", "testhost", "--", "sh", "-c", stubborn});
    killed.wait_for_out("pid=");
    killed.signal(SIGKILL);
    CHECK(nothing_left(directory(killed.out())));

    Program interrupted = start({"exec", "testhost", "--", "sh", "-c", stubborn});
    interrupted.wait_for_out("pid=");
    interrupted.signal(SIGINT);
    CHECK(interrupted.wait().status == 130);
    CHECK(nothing_left(directory(interrupted.out())));
}

TEST_CASE_METHOD(World, "Ctrl-backslash is for the local command; a second one ends it, and leaves nothing") {
    Pty person(command({"exec", "--local", "--", "sh", "-c", "trap 'echo it came' QUIT; " + stubborn}), home.variables);
    person.wait_for("pid=");
    person.type("\x1c");
    person.wait_for("it came");  // two at once would be one signal
    person.type("\x1c");
    CHECK(person.wait() == 131);
    CHECK(nothing_left(directory(person.screen())));
}

TEST_CASE_METHOD(World, "a long name of a command is cut between two characters") {
    std::string name = "x";
    for (int i = 0; i < 30; ++i) name += "\u00e9";
    const std::string path = home.path("tmp/" + name).string();
    std::filesystem::copy_file("/bin/true", path);
    CHECK(eph({"exec", "--local", "--", path}).status == 0);
    CHECK(ephd.get("/v1/sessions").at("sessions").at(0).at("agent").get<std::string>().size() <= 40);
}
