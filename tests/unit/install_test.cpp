// The installation of Pi under real shells: what is got how, what is said, what is there afterwards.
#include "common/error.hpp"
#include "tests/support/error_of.hpp"
#include "tests/unit/pi_host.hpp"

using namespace eph;
using namespace eph::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using State = InstallLine::State;
namespace fs = std::filesystem;

TEST_CASE("versions are compared number by number") {
    struct Row {
        const char *version, *least;
        bool enough;
    };
    const Row rows[] = {{"22.19.0", "22.19", true},     {"22.19", "22.19.0", true},  {"v22.19.1", "22.19", true},
                        {"22.18.9", "22.19", false},    {"22.9.0", "22.19", false},  {"23.0.0", "22.19", true},
                        {"100.0.0", "22.19", true},     {"9.99.99", "22.19", false}, {"22.19.0-rc.1", "22.19", true},
                        {"24.0.0+build", "24", true},   {"22", "22.19", false},      {"", "22.19", false},
                        {"twenty-two", "22.19", false}, {"22.x.1", "22.19", false},  {"0.0.0", "0", true}};
    for (const std::string& shell : posix_shells()) {
        const PiHost host(shell);
        std::string text = install_input(host.request());
        text.resize(text.rfind("{ install_pi; }"));
        for (const Row& row : rows)
            text += std::string{"at_least '"} + row.version + "' " + row.least + " && echo yes || echo no\n";
        auto process = host.sh(bootstrap_command(text));
        process->write(text);
        for (const Row& row : rows) {
            INFO(shell << ": " << row.version << " >= " << row.least);
            CHECK(process->line() == (row.enough ? "yes" : "no"));
        }
    }
}

TEST_CASE("a host without Node and npm gets both by curl, checked, and Pi; a second time nothing is to be done") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        PiHost host(shell);
        host.has_curl();
        const Said said = host.install(host.request());
        INFO(said.text(State::error));
        CHECK_THAT(said.text(State::found), Contains("; no Node; no Pi; "));
        CHECK_THAT(
            said.text(State::plan),
            StartsWith("gets Node 22.23.3 and npm 10.9.9 to install with, by curl from https://registry.npmjs.org\n"
                       "installs Pi in its newest version "));
        CHECK_THAT(said.text(State::result), StartsWith("Pi 1.5.2 is installed in " + host.bundle("/1.5.2 (")));
        CHECK(said.text(State::note).empty());
        CHECK(host.read("curl-log") ==
              "https://registry.npmjs.org/npm/-/npm-10.9.9.tgz\n"
              "https://registry.npmjs.org/node-x/-/node-x-22.23.3.tgz\n");
        CHECK_THAT(host.read("npm-log"),
                   StartsWith("by v22.23.3: install @earendil-works/pi-coding-agent@latest --global "));
        CHECK(entries(host.bundle()) == "1.5.2 ");
        CHECK(entries(host.bundle("/1.5.2")) == "bin lib ");
        CHECK(entries(host.bundle("/1.5.2/bin")) == "node pi ");
        CHECK(entries(host.bundle("/1.5.2/lib/node_modules")) == "@earendil-works node-x ");

        const std::string before = host.read("npm-log");
        CHECK(host.install(host.request()).text(State::result) ==
              "Pi 1.5.2 is there already: " + host.bundle("/1.5.2/bin/pi\n"));
        CHECK(host.install(host.request("1.5.2")).text(State::plan).empty());
        CHECK(host.read("npm-log") == before);
    }
}

TEST_CASE(
    "a host's npm is used: with an old Node for a new one and an npm to match, with a suitable one for Pi alone") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        PiHost old(shell), suitable(shell);
        old.has_npm("20.20.2");
        CHECK_THAT(old.install(old.request("0.87.1")).text(State::result), StartsWith("Pi 0.87.1 is installed in "));
        CHECK_THAT(old.read("npm-log"), StartsWith("by v20.20.2: install node-x@22.23.3 npm@10.9.9 --global "));
        CHECK_THAT(old.read("npm-log"),
                   Contains("\nby v22.23.3: install @earendil-works/pi-coding-agent@0.87.1 --global "));
        CHECK(entries(old.bundle("/0.87.1/bin")) == "node pi ");
        CHECK(old.read("npm-log").find("--globalconfig") == std::string::npos);

        suitable.file("npmrc for all", "");
        suitable.has_npm("24.1.0");
        CHECK_THAT(suitable.install(suitable.request("0.87.1")).text(State::result),
                   StartsWith("Pi 0.87.1 is installed in "));
        CHECK_THAT(suitable.read("npm-log"), StartsWith("by v24.1.0: install @earendil-works/pi-coding-agent@0.87.1 "));
        CHECK_THAT(suitable.read("npm-log"), Contains(" --globalconfig " + suitable.home() + "/npmrc for all "));
        CHECK(entries(suitable.bundle("/0.87.1/bin")) == "pi ");
    }
}

TEST_CASE("another version goes beside the one that is there, and it is said which one sessions find") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        PiHost host(shell);
        host.has_npm("24.1.0");
        const std::string present = host.script(".local/bin/pi", "echo 0.74.2\n");
        CHECK(host.install(host.request()).text(State::result) == "Pi 0.74.2 is there already: " + present + "\n");
        const Said said = host.install(host.request("1.5.2"));
        CHECK_THAT(said.text(State::result), StartsWith("Pi 1.5.2 is installed in "));
        CHECK(said.text(State::note) == "sessions find " + present + " first; for the new one: --remote-pi " +
                                            host.bundle("/1.5.2/bin/pi") + "\n");
        CHECK_THAT(host.install(host.request("1.5.2")).text(State::note),
                   StartsWith("sessions find " + present + " first"));
        host.script(".local/bin/pi", "echo broken >&2; exit 1\n");
        const Said again = host.install(host.request("1.5.2"));
        CHECK_THAT(again.text(State::found), Contains("a Pi that does not run (" + present + ": broken )"));
        CHECK_THAT(again.text(State::result), StartsWith("Pi 1.5.2 is there already: "));
    }
}

TEST_CASE("a dry run says what would be done and does none of it") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        PiHost host(shell);
        host.has_npm("20.20.2");
        InstallRequest wanted = host.request("1.5.2");
        wanted.dry_run = true;
        const Said said = host.install(wanted);
        CHECK_THAT(said.text(State::plan), Contains("installs Pi 1.5.2 (npm's @earendil-works/pi-coding-agent) into " +
                                                    host.bundle("/1.5.2\n")));
        CHECK(said.text(State::result) == "nothing was changed (--dry-run)\n");
        CHECK(host.read("npm-log").empty());
        CHECK_FALSE(fs::exists(host.home() + "/.local"));
    }
}

TEST_CASE("only the installation's own lines are read") {
    const SessionMark mark = SessionMark::make();
    const auto read = [&](const std::string& line) { return parse_install_line(line, mark); };
    REQUIRE(read("noise eph " + mark.text() + " step getting Pi\r"));
    CHECK(read("eph " + mark.text() + " step getting Pi")->detail == "getting Pi");
    CHECK(read("eph " + mark.text() + " error x")->state == State::error);
    CHECK(read("eph " + mark.text() + " result")->detail.empty());
    CHECK_FALSE(read("eph " + mark.text() + " ready x"));
    CHECK_FALSE(read("eph " + SessionMark::make().text() + " step x"));
    CHECK_FALSE(read(""));
}

TEST_CASE("a version is written in full, and is no more than a version") {
    for (const char* good : {"1.5.2", "0.87.1", "2.0.0-rc.1", "1.0.0+build.5"}) CHECK_NOTHROW(check_version(good));
    for (const char* bad :
         {"", "latest", "1", "1.5", "1.5.2.3", "../../x", "1.5.2; id", "1.5.2 ", "v1.5.2", "^1.5.2", ".5.2.1"}) {
        INFO(bad);
        CHECK(error_of([&] { check_version(bad); }).code() == Code::usage);
    }
}
