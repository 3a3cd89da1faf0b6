// How a session on a host ends: its connection is cut, or its keeper is told to; nothing of it is left.
#include <csignal>

#include "tests/support/catch.hpp"
#include "tests/support/shell_host.hpp"
#include "tests/unit/armed_keeper.hpp"

using namespace eph;
using namespace eph::test;
using State = KeeperLine::State;
namespace fs = std::filesystem;

TEST_CASE("when the connection is cut, an agent that ignores TERM and HUP, and what it has started apart, are ended") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        ShellHost host(shell);
        host.script("bin/pi",
                    "trap '' TERM HUP INT\nsetsid sh -c 'trap \"\" TERM; echo $$ >child; while :; do sleep 1; done' &\n"
                    "echo $$ >agent\nwhile :; do sleep 1; done\n");
        const ScriptRequest request = host.request();
        auto keeper = armed(host, request);
        auto runner = host.runner(request);
        const pid_t agent = read_pid(host.home() + "/agent"), child = read_pid(host.home() + "/child");
        keeper->close_input();
        check_gone(*keeper, request);
        CHECK(runner->wait() == 128 + SIGKILL);
        CHECK(dies(agent));
        CHECK(dies(child));
    }
}

TEST_CASE("a process that was in the middle of its execve(2) when the keeper looked is found when it looks again") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        ShellHost host(shell);
        host.script("bin/pi",
                    "setsid sh -c 'echo $$ >child; while :; do sleep 1; done' &\nuntil [ -s child ]; do :; done\n");
        host.script("../tools/grep",  // as if the first look came in that moment
                    "case $1 in -ls) [ -e ~/looked ] || { : >~/looked && exit 1; } ;; esac\ncommand -p grep \"$@\"\n");
        const ScriptRequest request = host.request();
        auto keeper = armed(host, request);
        CHECK(host.runner(request)->wait() == 0);
        const pid_t child = read_pid(host.home() + "/child");
        keeper->close_input();
        check_gone(*keeper, request);
        CHECK(dies(child));
    }
}

TEST_CASE("TERM ends the keeper and its session at once, HUP and INT do not") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        ShellHost host(shell);
        host.script("bin/pi", "echo $$ >agent\nwhile :; do sleep 0.1; done\n");
        const ScriptRequest request = host.request();
        auto keeper = armed(host, request);
        auto runner = host.runner(request);
        read_pid(host.home() + "/agent");
        kill(keeper->pid(), SIGHUP);
        kill(keeper->pid(), SIGINT);
        CHECK(kill(runner->pid(), 0) == 0);
        CHECK(fs::exists(request.place.directory()));
        kill(keeper->pid(), SIGTERM);
        CHECK(keeper->wait() == 143);
        CHECK(runner->wait() == 128 + SIGTERM);
        CHECK_FALSE(fs::exists(request.place.directory()));
    }
}

TEST_CASE("a connection that ends before the secret, or within the script, leaves nothing") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        ShellHost host(shell);
        host.script("bin/pi", "exit 0\n");
        const ScriptRequest request = host.request("task");
        auto keeper = host.keeper(request);
        CHECK(next(*keeper, request).state == State::ready);
        keeper->write("sk-hal");
        keeper->close_input();
        check_gone(*keeper, request);

        const std::string input = keeper_input(request);
        auto cut = host.sh(bootstrap_command(input));
        cut->write(input.substr(0, input.size() - 4));
        cut->close_input();
        CHECK(cut->output() == "");
        CHECK(fs::is_empty(host.tmp()));
    }
}
