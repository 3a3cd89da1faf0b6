// Where the keeper looks: for the agent, for what dead sessions have left, and for what a host lacks.
#include <chrono>
#include <csignal>

#include "tests/support/catch.hpp"
#include "tests/support/shell_host.hpp"

using namespace eph;
using namespace eph::test;
using State = KeeperLine::State;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

KeeperLine answer(const ShellHost& host, const ScriptRequest& request) {
    auto keeper = host.keeper(request);
    const KeeperLine line = next(*keeper, request);
    keeper->close_input();
    keeper->wait();
    CHECK(keeper->errors() == "");
    CHECK_FALSE(fs::exists(request.place.directory()));
    return line;
}

std::string where(const ShellHost& host, const ScriptRequest& request) {
    const KeeperLine line = answer(host, request);
    return line.state == State::ready ? line.detail : line.state == State::missing ? "missing" : "? " + line.detail;
}

}  // namespace

TEST_CASE("the agent is looked for on the PATH, in ~/.local/bin, then among bundles, the newest version first") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        ShellHost host(shell);
        CHECK(where(host, host.request()) == "missing");
        for (const char* version : {"v9.30.1", "v22.9.0", "v22.19.0", "v22.3.10"}) {
            host.script(std::string(".local/share/pi-node/") + version + "/bin/pi", "printf %s \"${PATH%%:*}\"\n");
        }
        const std::string newest = host.home() + "/.local/share/pi-node/v22.19.0/bin";
        const ScriptRequest request = host.request();
        auto keeper = host.keeper(request);
        CHECK(next(*keeper, request).detail == newest + "/pi");
        keeper->write("sk\n");
        CHECK(host.runner(request)->output() == newest);
        const std::string local = host.script(".local/bin/pi", "");
        CHECK(where(host, host.request()) == local);
        const std::string first = host.script("bin/pi", "");
        CHECK(where(host, host.request()) == first);
        fs::permissions(first, fs::perms::owner_read);
        CHECK(where(host, host.request()) == local);
    }
}

TEST_CASE("an agent's own places come behind ~/.local/bin, in their order") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        ShellHost host(shell);
        ScriptRequest request = host.request();
        request.launch.agent.places = {".other/bin", ".last/bin"};
        const std::string last = host.script(".last/bin/pi", "");
        CHECK(where(host, request) == last);
        const std::string other = host.script(".other/bin/pi", "");
        CHECK(where(host, request) == other);
        const std::string local = host.script(".local/bin/pi", "");
        CHECK(where(host, request) == local);
    }
}

TEST_CASE("a path that the person gives is taken as a path and nothing else") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        ShellHost host(shell);
        host.script("bin/pi", "");
        const std::string odd = host.script("my agents/it's $(touch pwned)", ""), plain = host.script("bin/other", "");
        const std::string locked = host.file("locked", "");
        ScriptRequest request = host.request();
        const auto given = [&](const std::string& path) {
            request.launch.path = path;
            return answer(host, request);
        };
        CHECK(given(odd).detail == odd);
        CHECK(given("~/my agents/it's $(touch pwned)").detail == odd);
        CHECK(given("other").detail == plain);
        CHECK(given("$(touch pwned)").state == State::missing);
        CHECK(given("/no/such; touch pwned").state == State::missing);
        CHECK(given("~/bin").state == State::missing);
        CHECK(given(locked).state == State::not_executable);
        CHECK(given(locked).detail == locked);
        host.script("bundle/bin/node", "");
        request.launch.path = host.script("bundle/bin/pi", "printf %s \"${PATH%%:*}\"\n");
        auto keeper = host.keeper(request);
        REQUIRE(next(*keeper, request).state == State::ready);
        keeper->write("sk\n");
        CHECK(host.runner(request)->output() == host.home() + "/bundle/bin");  // with the Node that lies beside it
        keeper->close_input();
        keeper->wait();
        CHECK_FALSE(fs::exists(host.home() + "/pwned"));
    }
}

TEST_CASE("the PATH is the one of a login shell, whatever its profile prints") {
    struct Row {
        const char *shell, *profile, *text;
    };
    const Row rows[] = {
        {"dash", ".profile", "echo hello; printf 'no newline'; PATH=$HOME/extra:$PATH; export PATH\n"},
        {"bash", ".bash_profile", "echo hello; export PATH=$HOME/extra:$PATH\n"},
        {"zsh", ".zprofile", "echo hello; export PATH=$HOME/extra:$PATH\n"},
        {"fish", ".config/fish/config.fish", "echo hello; set -gx PATH $HOME/extra $PATH\n"},
        {"csh", ".cshrc", "echo hello; setenv PATH $HOME/extra:$PATH\n"},
        {"tcsh", ".tcshrc", "echo hello; setenv PATH $HOME/extra:$PATH\n"},
    };
    for (const Row& row : rows) {
        const auto program = installed(row.shell);
        if (!program) continue;
        INFO(row.shell);
        ShellHost host("dash");
        const std::string agent = host.script("extra/pi", "");
        host.file(row.profile, row.text);
        host.environment["SHELL"] = *program;
        ScriptRequest request = host.request();
        CHECK(where(host, request) == "missing");
        request.login_limit = 5s;
        CHECK(where(host, request) == agent);
    }
}

TEST_CASE("a profile that never ends is waited for no longer than said, and is ended") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        ShellHost host(shell);
        const std::string agent = host.script("bin/pi", "");
        host.file(".profile", "sh -c 'echo $$ >hanging; exec sleep 1000'\n");
        ScriptRequest request = host.request();
        request.login_limit = 1s;
        CHECK(where(host, request) == agent);
        CHECK(dies(written_pid(host.home() + "/hanging")));
    }
}

TEST_CASE("what dead sessions left is swept, processes too; what is alive, young or not a session's stays") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        ShellHost host(shell);
        host.script("bin/pi", "setsid sleep 1000 & echo $! >left\necho $$ >agent; exec sleep 1000\n");
        const ScriptRequest dead = host.request(), alive = host.request(), sweeper = host.request();
        auto killed = host.keeper(dead), living = host.keeper(alive);
        REQUIRE(next(*killed, dead).state == State::ready);
        REQUIRE(next(*living, alive).state == State::ready);
        killed->write("sk\n");
        REQUIRE(next(*killed, dead).state == State::armed);
        auto orphan = host.runner(dead);
        REQUIRE(appears(host.home() + "/agent"));
        kill(killed->pid(), SIGKILL);
        killed->wait();

        const std::string base = host.tmp() + "/eph-", old = base + "aaaaaaaaaaaaaaaaaaaa",
                          reused = base + "cccccccccccccccccccc";
        for (const char* name :
             {"1000", "aaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccc", "not-a-session-at-all"}) {
            fs::create_directory(base + name);
        }
        fs::last_write_time(base + "1000", fs::file_time_type::clock::now() - 5h);
        fs::last_write_time(old, fs::file_time_type::clock::now() - 5min);
        host.file("../tmp/eph-cccccccccccccccccccc/keeper", std::to_string(getpid()) + " 1 another-boot\n");
        fs::create_directory_symlink(host.home(), base + "dddddddddddddddddddd");

        auto keeper = host.keeper(sweeper);
        REQUIRE(next(*keeper, sweeper).state == State::ready);
        keeper->write("sk\n");
        CHECK(vanishes(dead.place.directory()));
        CHECK(vanishes(old));
        CHECK(vanishes(reused));
        CHECK(orphan->wait() == 128 + SIGTERM);
        CHECK(dies(written_pid(host.home() + "/left")));
        for (const char* name : {"1000", "bbbbbbbbbbbbbbbbbbbb", "dddddddddddddddddddd", "not-a-session-at-all"}) {
            CHECK(fs::exists(base + name));
        }
        CHECK(fs::exists(alive.place.directory()));
        CHECK(fs::exists(host.home() + "/bin/pi"));
    }
}

TEST_CASE("what the host cannot do is said in a line that a person can act on") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        ShellHost host(shell);
        host.script("bin/pi", "");
        ScriptRequest request = host.request();
        fs::create_directory(request.place.directory());
        auto twice = host.keeper(request);
        const KeeperLine taken = next(*twice, request);
        CHECK(taken.state == State::error);
        CHECK(taken.detail.find("cannot make the session's directory: mkdir: ") == 0);
        CHECK(twice->wait() == 1);
        CHECK(fs::exists(request.place.directory()));

        request.place = {SessionMark::make(), host.tmp() + "/none"};
        CHECK(answer(host, request).detail.find("cannot make the session's directory: mkdir: ") == 0);

        host.script("killed/mkdir", "PATH=${PATH#*:}\nmkdir \"$@\"\nkill -INT $$\n");
        const std::string path = host.environment["PATH"];
        host.environment["PATH"] = host.home() + "/killed:" + path;
        request.place = host.request().place;
        CHECK(answer(host, request).detail == "cannot make the session's directory: mkdir was killed");
        CHECK_FALSE(fs::exists(request.place.directory()));
        host.environment["PATH"] = path;

        host.script("broken/mkfifo", "echo 'mkfifo: not here' >&2\nexit 1\n");
        host.environment["PATH"] = host.home() + "/broken:" + host.environment["PATH"];
        CHECK(answer(host, host.request()).detail == "cannot make a FIFO for the key: mkfifo: not here");
    }
}
