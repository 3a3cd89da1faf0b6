// The installation of Pi under real shells, on hosts whose node, npm and curl are stand-ins.
#include <algorithm>
#include <csignal>
#include <functional>

#include "client/remote/install.hpp"
#include "common/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/shell_host.hpp"

using namespace eph;
using namespace eph::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using State = InstallLine::State;
namespace fs = std::filesystem;

namespace {

// Installs what it is asked for as npm would, and notes what it was asked, and by which Node.
const std::string npm_stand_in = R"(
[ "$1" != --version ] || { echo 9.2.0; exit; }
[ "$1" != config ] || { echo "npm warn config"; echo "$HOME/npmrc for all"; exit; }
echo "by $(node --version): $*" >>"$HOME/npm-log"
[ ! -e "$HOME/npm-fails" ] || { cat "$HOME/npm-fails"; exit 1; }
specs=
while [ $# -gt 0 ]; do
    case $1 in --prefix) prefix=$2; shift ;; --cache) mkdir -p "$2/x"; shift ;; *@*) specs="$specs $1" ;; esac
    shift
done
mkdir -p "$prefix/bin" "$prefix/lib/node_modules"
for spec in $specs; do
    version=${spec##*@} place=$prefix/lib/node_modules/${spec%@*}
    mkdir -p "$place"
    case $spec in
        npm@*) mkdir -p "$place/bin"; : >"$place/bin/npm-cli.js" ;;
        node*) mkdir -p "$place/bin"; cp "$HOME/new-node" "$place/bin/node" ;;
        *)  [ "$version" != latest ] || version=1.5.2
            printf '#!/bin/sh\nnode --version >/dev/null && echo %s\n' "$version" >"$place/cli.js"
            chmod +x "$place/cli.js"
            ln -s "../lib/node_modules/${spec%@*}/cli.js" "$prefix/bin/pi" ;;
    esac
done
)";

std::string node_stand_in(const std::string& version) {
    return "[ \"$1\" != --version ] || { echo v" + version + "; exit; }\nshift\nexec \"$HOME/npm\" \"$@\"\n";
}

struct Said {
    std::vector<InstallLine> lines;
    std::string errors;

    std::string text(State state) const {
        std::string all;
        for (const InstallLine& line : lines) {
            if (line.state == state) all += line.detail + '\n';
        }
        return all;
    }
};

struct PiHost : ShellHost {
    explicit PiHost(const std::string& shell) : ShellHost(shell) {
        script("npm", npm_stand_in);
        script("new-node", node_stand_in("22.23.3"));
        if (shell == "busybox") {
            fs::remove(root() / "tools/wget");
            return;
        }
        for (const char* tool : {"cat",       "chmod", "cp",   "cut",  "dd",    "df", "du",   "env",   "find",
                                 "grep",      "gzip",  "head", "ln",   "mkdir", "mv", "rm",   "rmdir", "sed",
                                 "sha512sum", "sleep", "sort", "tail", "tar",   "tr", "uname"}) {
            fs::create_symlink(installed(tool).value(), root() / "tools" / tool);
        }
        environment["PATH"] = (root() / "tools").string() + ":" + home() + "/bin";
    }

    void has_npm(const std::string& node) {
        script("bin/node", node_stand_in(node));
        script("bin/npm", npm_stand_in);
    }

    // Packages to be got by a stand-in of curl that knows only them; the request trusts exactly these.
    void has_curl() {
        script("bin/curl", R"(
for url; do :; done
echo "$url" >>"$HOME/curl-log"
while [ "$1" != -o ]; do shift; done
cp "$HOME/registry/${url##*/}" "$2" || { echo 'curl: (22) The requested URL returned error: 404'; exit 22; }
)");
        const auto packed =
            sh("mkdir -p package/bin registry; cp new-node package/bin/node; : >package/bin/npm-cli.js\n"
               "tar czf registry/node-x-22.23.3.tgz package; cp registry/node-x-22.23.3.tgz registry/npm-10.9.9.tgz\n"
               "sha512sum registry/npm-10.9.9.tgz");
        sha512 = packed->output().substr(0, 128);
    }

    InstallRequest request(std::optional<std::string> version = {}) const {
        InstallRequest wanted{.place = {SessionMark::make(), tmp()}, .version = std::move(version)};
        wanted.login_limit = std::chrono::seconds{0};
        wanted.nodes = {{sh("uname -sm | tr -d '\\n'")->output(), {"node-x", "22.23.3", sha512}, ""}};
        wanted.npm = {"npm", "10.9.9", sha512};
        return wanted;
    }

    std::unique_ptr<Process> begin(const InstallRequest& wanted) const {
        const std::string input = install_input(wanted);
        auto process = sh(bootstrap_command(input));
        process->write(input);
        return process;
    }

    Said install(const InstallRequest& wanted) const {
        auto process = begin(wanted);
        Said said;
        const std::string output = process->output();
        for (std::size_t at = 0, end; (end = output.find('\n', at)) != output.npos; at = end + 1) {
            if (auto line = parse_install_line(output.substr(at, end - at), wanted.place.mark))
                said.lines.push_back(*line);
        }
        said.errors = process->errors();
        process->wait();
        CHECK(said.errors == "");
        CHECK_FALSE(fs::exists(wanted.place.directory()));
        return said;
    }

    fs::path root() const { return fs::path(home()).parent_path(); }
    std::string bundle(const std::string& path = "") const { return home() + "/.local/share/pi-node" + path; }
    std::string read(const std::string& path) const { return contents(home() + "/" + path); }

    std::string sha512;
};

std::string entries(const std::string& directory) {
    std::vector<std::string> names;
    if (fs::exists(directory))
        for (const auto& each : fs::directory_iterator{directory}) names.push_back(each.path().filename());
    std::sort(names.begin(), names.end());
    std::string all;
    for (const std::string& name : names) all += name + ' ';
    return all;
}

}  // namespace

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
