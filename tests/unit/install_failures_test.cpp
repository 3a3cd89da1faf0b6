// The installation of Pi that fails, is cut off or is killed: it says why, and nothing of it is left.
#include <csignal>
#include <functional>

#include "tests/unit/pi_host.hpp"

using namespace eph;
using namespace eph::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using State = InstallLine::State;
namespace fs = std::filesystem;

TEST_CASE("what the host cannot do is said with its step and what to do, and nothing of the attempt is left") {
    struct Row {
        const char* name;
        std::function<void(PiHost&, InstallRequest&)> arrange;
        std::string error, hint;
    };
    const Row rows[] = {
        {"another hash",
         [](PiHost& host, InstallRequest& wanted) {
             host.has_curl();
             wanted = host.request();
             wanted.nodes[0].package.sha512[0] ^= 1;
         },
         "https://registry.npmjs.org/node-x/-/node-x-22.23.3.tgz is not what eph knows as node-x 22.23.3: its SHA-512 "
         "is ",
         ""},
        {"not there",
         [](PiHost& host, InstallRequest& wanted) {
             host.has_curl();
             wanted = host.request();
             host.file(".npmrc", "registry = http://npm.example:4873/\n");
             fs::remove_all(host.home() + "/registry");
         },
         "cannot get http://npm.example:4873/npm/-/npm-10.9.9.tgz: ", "The host must reach the registry"},
        {"nothing to get it with", [](PiHost&, InstallRequest&) {}, "the host has neither npm nor curl nor wget",
         "Install curl or npm there."},
        {"a registry with a password",
         [](PiHost& host, InstallRequest& wanted) {
             host.has_curl();
             wanted = host.request();
             host.file(".npmrc", "registry=https://me:secret@npm.example\n");
         },
         "the registry of the host needs a login", "Install npm there"},
        {"no such version",
         [](PiHost& host, InstallRequest&) {
             host.has_npm("24.1.0");
             host.file("npm-fails",
                       "npm error code ETARGET\nnpm error notarget No matching version\n"
                       "npm error A complete log of this run can be found in: x\n");
         },
         "npm could not install @earendil-works/pi-coding-agent@latest: code ETARGET notarget No matching version ",
         "The registry has no such version"},
        {"an unknown machine", [](PiHost&, InstallRequest& wanted) { wanted.nodes[0].machine = "Other thing"; },
         "npm has no Node for ", "Install Node 22.19 or later there by other means"},
        {"another C library", [](PiHost&, InstallRequest& wanted) { wanted.nodes[0].loader = "/lib/none"; },
         "the Node that npm has needs glibc, which is not on that host (/lib/none is missing; musl?)",
         "Install Node 22.19 or later there by other means"},
        {"a Node that does not run",
         [](PiHost& host, InstallRequest&) {
             host.has_npm("20.20.2");
             host.script("new-node", "echo \"version 'GLIBC_2.28' not found\" >&2; exit 1\n");
         },
         "the Node that npm has does not run there: version 'GLIBC_2.28' not found ",
         "Install Node 22.19 or later there"},
        {"a Pi that does not run",
         [](PiHost& host, InstallRequest&) {
             host.has_npm("20.20.2");
             host.script("npm", npm_stand_in + "echo 'echo oops >&2; exit 1' >>\"$place/cli.js\"\n");
         },
         "the new Pi does not run: ", ""},
        {"a full disk",
         [](PiHost& host, InstallRequest&) {
             host.has_npm("20.20.2");
             host.script("../tools/df",
                         "echo 'F 1024-blocks Used Available Capacity Mounted'\necho '/dev/x y 9 8 409600 1% /'\n");
         },
         "400 MB are free in ", ""},
    };
    for (const std::string& shell : posix_shells()) {
        for (const Row& row : rows) {
            INFO(shell << ": " << row.name);
            PiHost host(shell);
            InstallRequest wanted = host.request();
            row.arrange(host, wanted);
            const Said said = host.install(wanted);
            CHECK_THAT(said.text(State::error), StartsWith(row.error));
            CHECK_THAT(said.text(State::hint), StartsWith(row.hint));
            CHECK(said.text(State::result).empty());
            CHECK_FALSE(fs::exists(host.home() + "/.local"));
        }
    }
}

TEST_CASE("a home that cannot be written to is said before anything is got") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        PiHost host(shell);
        host.has_npm("24.1.0");
        host.file(".local", "a file in the way");
        CHECK(host.install(host.request()).text(State::error) == "cannot write to " + host.home() + "/.local\n");
        CHECK(host.read(".local") == "a file in the way");
        host.environment["HOME"] = "/no/such/home";
        CHECK(host.install(host.request()).text(State::error) ==
              "the user has no home directory there: '/no/such/home'\n");
    }
}

TEST_CASE("the end of stdin ends what runs and removes what was begun; the next attempt succeeds") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        PiHost host(shell);
        host.has_curl();
        const std::string honest = host.read("bin/curl");
        host.script("bin/curl", "trap '' TERM HUP; echo $$ >hanging; while :; do sleep 1; done\n");
        const InstallRequest wanted = host.request();
        auto process = host.begin(wanted);
        const pid_t hanging = written_pid(host.home() + "/hanging");
        CHECK(entries(host.bundle()).find(".new-") == 0);
        process->close_input();
        CHECK(dies(hanging));
        process->wait();
        CHECK_FALSE(fs::exists(host.home() + "/.local"));
        CHECK_FALSE(fs::exists(wanted.place.directory()));

        host.script("bin/curl", honest.substr(honest.find('\n') + 1));
        CHECK_THAT(host.install(host.request()).text(State::result), StartsWith("Pi 1.5.2 is installed in "));
    }
}

TEST_CASE("what a killed attempt left is removed by the next one; what a living one makes is not") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        PiHost host(shell);
        host.has_curl();
        const std::string honest = host.read("bin/curl");
        host.script("bin/curl", "echo $$ >hanging; exec sleep 1000\n");
        const InstallRequest first = host.request(), second = host.request();
        auto killed = host.begin(first);
        const pid_t hanging = written_pid(host.home() + "/hanging");
        fs::remove(host.home() + "/hanging");
        auto living = host.begin(second);
        REQUIRE(written_pid(host.home() + "/hanging") > 0);
        kill(killed->pid(), SIGKILL);
        killed->wait();

        host.script("bin/curl", honest.substr(honest.find('\n') + 1));
        CHECK_THAT(host.install(host.request()).text(State::result), StartsWith("Pi 1.5.2 is installed in "));
        CHECK(entries(host.bundle()) == ".new-" + second.place.mark.text() + " 1.5.2 ");
        CHECK(dies(hanging));
        living->close_input();
        living->wait();
        CHECK(entries(host.bundle()) == "1.5.2 ");
    }
}
