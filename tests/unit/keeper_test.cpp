// A session's life on a host, with pipes in place of ssh: the real keeper and runner under each real shell.
#include <sys/stat.h>

#include <csignal>

#include "client/agents/command.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/shell_host.hpp"
#include "tests/unit/armed_keeper.hpp"

using namespace eph;
using namespace eph::test;
using State = KeeperLine::State;
namespace fs = std::filesystem;

TEST_CASE("the agent gets secret, task and state directories, and at its end nothing of the session is left") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        ShellHost host(shell);
        host.script("bin/pi",
                    "printf '%s\\n' \"$OPENAI_API_KEY\" \"$EPH_SESSION\" \"$PI_CODING_AGENT_DIR\" \"$*\" \"$PWD\"\n"
                    "cat; cd \"${TMPDIR%/tmp}\" && ls -a; env | grep -c sk-svcacct; exit 3\n");
        const ScriptRequest request = host.request("do it");
        const std::string directory = request.place.directory();
        auto keeper = armed(host, request);
        struct stat info {};
        REQUIRE(stat(directory.c_str(), &info) == 0);
        CHECK((info.st_mode & 07777) == 0700);
        REQUIRE(stat((directory + "/secret").c_str(), &info) == 0);
        CHECK(S_ISFIFO(info.st_mode));
        for (const auto& entry : fs::recursive_directory_iterator(directory)) {
            if (entry.is_regular_file()) CHECK(contents(entry.path()).find("sk-svcacct") == std::string::npos);
        }
        auto runner = host.runner(request);
        CHECK(runner->output() == std::string(secret) + '\n' + request.place.mark.text() + '\n' + directory +
                                      "/config\n--no-session --provider openai -p\n" + host.home() +
                                      "\ndo it.\n..\nagent\nconfig\nfound\nkeeper\nrun\nsessions\ntmp\n1\n");
        CHECK(runner->errors() == "");
        CHECK(runner->wait() == 3);
        keeper->close_input();
        check_gone(*keeper, request);
    }
}

TEST_CASE("a task arrives byte for byte, whatever it holds") {
    const std::vector<std::string> tasks = {
        "-p --help",  "it's \"$(rm -rf /)\" `x` $HOME \\ !x", "a\n\n}\n{ keep; }\nEOF\n'\n\n", "eph-end-of-script\n",
        "  é \r\n\t", std::string(200'000, 'x') + "\nend"};
    for (const std::string& shell : posix_shells()) {
        ShellHost host(shell);
        host.script("bin/pi", "if [ -n \"$EPH_TASK_FILE\" ]; then cat \"$EPH_TASK_FILE\"; else cat; fi\n");
        for (const std::string& task : tasks) {
            for (const TaskBy by : {TaskBy::stream, TaskBy::file}) {
                INFO(shell << ": " << task.substr(0, 50));
                ScriptRequest request = host.request(task);
                request.launch.task_by = by;
                auto keeper = armed(host, request);
                auto runner = host.runner(request);
                CHECK(runner->output() == task);
                CHECK(runner->wait() == 0);
                keeper->close_input();
                check_gone(*keeper, request);
            }
        }
    }
}

TEST_CASE("a runner that was there before its session waits for the word, and ends where none comes") {
    for (const char* login : {"dash", "bash", "zsh", "fish", "csh", "tcsh"}) {
        const auto program = installed(login);
        if (!program) continue;
        INFO(login);
        ShellHost host("dash");
        host.script("bin/pi", "cat; exit 4\n");
        const ScriptRequest request = host.request("the task");
        const auto waiting = [&] {
            return std::make_unique<Process>(std::vector<std::string>{*program, "-c", waiting_run_command()},
                                             host.environment, host.home());
        };
        auto runner = waiting();
        auto keeper = armed(host, request);
        runner->write(request.place.directory() + '\n');
        CHECK(runner->output() == "the task");
        CHECK(runner->wait() == 4);
        auto idle = waiting();
        idle->close_input();
        CHECK(idle->output() == "");
        CHECK(idle->errors() == "");
        CHECK(idle->wait() == 1);
        keeper->close_input();
        check_gone(*keeper, request);
    }
}

TEST_CASE("every login shell reads the two command lines alike") {
    for (const char* login : {"dash", "bash", "zsh", "fish", "csh", "tcsh"}) {
        const auto program = installed(login);
        if (!program) continue;
        INFO(login);
        ShellHost host("dash");
        host.script("bin/pi", "cat\n");
        const ScriptRequest request = host.request("the task");
        auto keeper = host.keeper(request, *program);
        REQUIRE(next(*keeper, request).state == State::ready);
        keeper->write("sk\n");
        REQUIRE(next(*keeper, request).state == State::armed);
        auto runner = host.runner(request, *program);
        CHECK(runner->output() == "the task");
        CHECK(runner->wait() == 0);
        keeper->close_input();
        CHECK(keeper->wait() == 0);
    }
}

TEST_CASE("the agent's exit status is the runner's, 126 and 127 where it has gone meanwhile") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        ShellHost host(shell);
        const std::string agent = host.script("bin/pi", "exit \"$(cat)\"\n");
        for (const int status : {0, 3, 126, 127, 200}) {
            const ScriptRequest request = host.request(std::to_string(status));
            auto keeper = armed(host, request);
            CHECK(host.runner(request)->wait() == status);
            keeper->close_input();
            check_gone(*keeper, request);
        }
        for (const int status : {126, 127}) {
            const ScriptRequest request = host.request();
            auto keeper = armed(host, request);
            if (status == 126)
                fs::permissions(agent, fs::perms::owner_read);
            else
                fs::remove(agent);
            CHECK(host.runner(request)->wait() == status);
            if (status == 126) fs::permissions(agent, fs::perms::owner_all);
            keeper->close_input();
            check_gone(*keeper, request);
        }
    }
}

TEST_CASE("the runner may come before the secret, and does not wait for a keeper that is dead") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        ShellHost host(shell);
        host.script("bin/pi", "echo ran\n");
        const ScriptRequest request = host.request();
        auto keeper = host.keeper(request);
        REQUIRE(next(*keeper, request).state == State::ready);
        auto early = host.runner(request);
        REQUIRE(appears(request.place.directory() + "/agent"));
        keeper->write("sk\n");
        CHECK(early->output() == "ran\n");
        auto second = host.runner(request);
        CHECK(second->wait() == 125);
        CHECK(second->errors() ==
              "eph: the session in " + request.place.directory() + " is over, or its agent has been started already\n");
        keeper->close_input();
        CHECK(keeper->wait() == 0);

        const ScriptRequest dead = host.request();
        auto killed = armed(host, dead);
        kill(killed->pid(), SIGKILL);
        CHECK(killed->wait() == 128 + SIGKILL);
        auto late = host.runner(dead);
        CHECK(late->wait() == 125);
        CHECK(late->errors() == "eph: the session's keeper is gone\n");
    }
}

TEST_CASE("what eph says of the session lies whole in a file for the agent, and other lines are passed over") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        ShellHost host(shell);
        host.script("bin/pi", "echo $$ >agent\nwhile :; do sleep 0.1; done\n");
        const ScriptRequest request = host.request();
        const std::string status = request.place.directory() + "/status";
        auto keeper = armed(host, request);
        auto runner = host.runner(request);
        read_pid(host.home() + "/agent");
        keeper->write("a word of a later eph's\nstatus {\"left\":7199,\"host\":\"a\\\\b 'c' $x  *\"}\n");
        CHECK(appears(status));
        CHECK(contents(status) == "{\"left\":7199,\"host\":\"a\\\\b 'c' $x  *\"}\n");
        keeper->write("status 2\nstatus");
        CHECK(eventually([&] { return contents(status) == "2\n"; }));
        keeper->close_input();
        check_gone(*keeper, request);
        CHECK(runner->wait() == 128 + SIGTERM);
    }
}

TEST_CASE("a command has the person's stdin byte for byte, its key where it was told to be, and no marks of Pi") {
    const std::string bytes("\0\1\n\r\xff\x1a end", 10);
    for (const std::string& shell : posix_shells()) {
        for (const char* variable : {"OPENAI_API_KEY", "TF_VAR_k", "k", "_", "name", "files", "place", "line", "x"}) {
            if (fault_of_variable(variable) != "") continue;
            INFO(shell << ": " << variable);
            ShellHost host(shell);
            ScriptRequest request = host.request();
            const std::string inner = std::string{"printf %s \"$"} + variable + "\"; env | grep -c ^PI_; cat";
            request.launch = command_launch({.words = {"sh", "-c", inner}, .key_variable = variable}, {});
            auto keeper = armed(host, request);
            auto runner = host.runner(request);
            runner->write(bytes);
            runner->close_input();
            CHECK(runner->output() == secret + ("0\n" + bytes));
            CHECK(runner->wait() == 0);
            keeper->close_input();
            check_gone(*keeper, request);
        }
    }
}
