// Leaks that a session without a daemon has, and eph must not: what others see, what runs that nobody asked for, what
// is not said, and tasks that do not fit. On a real ssh.
#include <csignal>

#include "tests/integration/support/aftermath.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

TEST_CASE_METHOD(World, "leak 11: the task and the key stand in nobody's argv and the key in no file") {
    host.agent(std::string{honest_agent} +
               "ps -eo args | grep -c 'very[-]special'\n"
               "grep -rl \"$OPENAI_API_KEY\" \"$PI_CODING_AGENT_DIR/..\" | wc -l\n"
               "start=$(printf %.20s \"$OPENAI_API_KEY\")\n"
               "ps -eo args | grep -F \"$start\" | grep -vc grep\n");
    const Finished done = eph({"testhost", "--task-file", "-"}, "very-special task");
    CHECK_THAT(done.out, EndsWith("\n0\n0\n0\n"));
}

TEST_CASE_METHOD(World, "leak 11: nothing of ours is in the agent's environment but its own key, also with --local") {
    home.variables.merge(Daemon::account(sim));
    host.tool("env", "env\n");
    const std::string env = host.host_home() / "env";
    for (const auto& words : {std::vector<std::string>{"testhost", "--remote-pi", env, "x"},
                              std::vector<std::string>{"--local", "--remote-pi", env, "x"}}) {
        const Finished done = eph(words);
        INFO(done.err);
        CHECK(done.status == 0);
        CHECK_THAT(done.out, Contains("OPENAI_API_KEY=sk-"));
        CHECK(done.out.find(admin_key) == std::string::npos);
        CHECK(done.out.find("OPENAI_PROJECT_ID") == std::string::npos);
        std::istringstream lines{done.out};
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("EPH_")) CHECK_THAT(line, StartsWith("EPH_SESSION="));
        }
    }
}

TEST_CASE_METHOD(World, "leak 11: an admin key in eph's environment is in the environment of none of its children") {
    home.variables.merge(Daemon::account(sim));
    host.agent(std::string{honest_agent} + "sleep 100\n");
    for (const auto& words :
         {std::vector<std::string>{"testhost", "x"},
          std::vector<std::string>{"--local", "--remote-pi", host.host_home() / ".local/bin/pi", "x"}}) {
        Program session = start(words);
        session.wait_for_out("key=");
        const std::vector<pid_t> children = children_of(session.pid());
        // The connection, through which eph asks for the agent by itself; here the keeper, and the agent.
        CHECK(children.size() == (words.front() == "testhost" ? 1 : 2));
        for (const pid_t each : children)
            CHECK(read_file("/proc/" + std::to_string(each) + "/environ").find(admin_key) == std::string::npos);
        session.signal(SIGTERM);
        CHECK(session.wait().status == 143);
    }
}

TEST_CASE_METHOD(World, "leak 12: what a person gives as a name or a text runs no command, on the host or here") {
    const std::string ran = home.path("ran");
    const std::string touch = "touch " + ran;
    for (const std::string& text : {"x$(" + touch + ")", "x`" + touch + "`", "x; " + touch, "x' ; " + touch + " ; '",
                                    "x\" ; " + touch + " ; \"", "x\n" + touch + "\n", "x & " + touch, "x | " + touch,
                                    "-oProxyCommand=" + touch, "~/$(" + touch + ")", "${x:-$(" + touch + ")}"}) {
        INFO(text);
        (void)eph({"testhost", "--remote-pi", text, "x"});
        (void)eph({"testhost", "--remote-pi", "/" + text, "x"});
        (void)eph({"testhost", "--model", text, "--", text});
        CHECK(eph({"testhost", "--task", text}).status == 0);
        CHECK(eph({"--", text, "x"}).status != 0);  // as a host
        (void)eph({"exec", "testhost", "--", text});
        (void)eph({"exec", "testhost", "--env", text, "--", "true"});
        CHECK_FALSE(std::filesystem::exists(ran));
    }
    CHECK(eventually([&] { return sim.live_keys() == 0; }));
}

TEST_CASE_METHOD(World,
                 "leak 13: what is missing or out of reach is named, with its address, the cause and what to do") {
    struct Case {
        std::vector<std::string> words;
        Variables variables;
        int status;
        std::size_t keys;  // that were made, and revoked
        std::string said;
    };
    const Variables away{{"OPENAI_ADMIN_KEY", admin_key},
                         {"OPENAI_PROJECT_ID", project},
                         {"EPH_OPENAI_BASE_URL", "http://127.0.0.1:1/v1"}};
    const std::string nowhere = home.path("tmp");
    const std::vector<Case> cases{
        {{"testhost", "x"},
         away,
         125,
         0,
         "eph: cannot connect to 127.0.0.1:1: Connection refused\n"
         "Check the network; behind a proxy, set HTTPS_PROXY where ephd is started.\n"},
        {{"testhost", "x"},
         {{"PATH", nowhere}},
         125,
         0,
         "eph: cannot run ssh: No such file or directory\nInstall it, or put ssh on the PATH.\n"},
        {{"--local", "--remote-pi", nowhere + "/pi", "x"},
         {},
         127,
         1,
         "eph: " + nowhere + "/pi was not found on this machine\n"},
        {{"exec", "--local", "--", "no-such-agent"}, {}, 127, 1, "eph: no-such-agent was not found on this machine\n"},
        {{"testhost", "--remote-pi", nowhere + "/pi", "x"},
         {},
         127,
         1,
         "eph: " + nowhere + "/pi was not found on testhost\n"},
        {{"deadhost", "x"},
         {},
         255,
         1,
         "ssh: connect to host 127.0.0.1 port 1: Connection refused\n"
         "eph: ssh could not open a session on deadhost\nCheck with: ssh deadhost true\n"},
    };
    for (const Case& each : cases) {
        INFO(each.said);
        Variables variables = home.variables;
        for (const auto& [name, value] : each.variables) variables[name] = value;
        (void)sim.control("DELETE", "/_sim/requests");
        const Finished done = Program{command(each.words), variables}.wait();
        CHECK(done.status == each.status);
        CHECK_THAT(done.err, Contains(each.said));
        CHECK(sim.requests("POST service_accounts").size() == each.keys);
    }
    CHECK(eventually([&] { return sim.live_keys() == 0; }));
}

TEST_CASE_METHOD(World, "leak 14: a task of any size comes as words, by option, from a file or from stdin, as it is") {
    host.agent("cat\n");
    CHECK(eph({"testhost", "use", "df", "-h", "now"}).out == "use df -h now");
    CHECK(eph({"testhost", "explain", "--help"}).out == "explain --help");
    CHECK(eph({"testhost", "--", "-h"}).out == "-h");
    CHECK(eph({"testhost", "--task", "-h"}).out == "-h");
    CHECK(eph({"testhost", "--", "--ttl", "is a word"}).out == "--ttl is a word");
    CHECK(eph({"testhost", "--task", "it's \"quoted\" $HOME `id`"}).out == "it's \"quoted\" $HOME `id`");
    CHECK(eph({"testhost", "--task-file", "-"}, "from\nstdin\n").out == "from\nstdin\n");
    CHECK(eph({"testhost", "-"}, "a lone dash").out == "a lone dash");
    CHECK(eph({"testhost"}, "without a task the agent reads stdin").out == "without a task the agent reads stdin");

    std::string large(4'000'000, '\0');  // no byte like its neighbours, none of them zero
    for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(1 + (i * 7 + i / 251) % 255);
    write_file(home.path("task"), large);
    CHECK(eph({"testhost", "--task-file", home.path("task")}).out == large);
    CHECK(eph({"testhost", "--task-file", "-"}, large).out == large);
    const std::string word(130'000, 'w');  // the kernel takes no more than 131,071 bytes a word
    CHECK(eph({"testhost", word, word}).out == word + " " + word);
    CHECK(eph({"testhost", "--task", word}).out == word);
}
