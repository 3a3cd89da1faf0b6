// eph install-pi through a real ssh, with npm's real packages.
#include <csignal>
#include <set>

#include "client/remote/install.hpp"
#include "tests/integration/support/world.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
namespace fs = std::filesystem;

namespace {

constexpr const char* pi_version = "0.87.1";
constexpr Limit patience = 240s;

// A host whose login PATH has what any host has, and besides only what a test adds.
struct PiWorld : World {
    PiWorld() {
        fs::remove_all(at(".local"));
        write_file(at(".profile"), "PATH=" + at("tools").string() + "\n");
        fs::create_directories(at("tools"));
        for (const char* tool : {"sh",    "cat",  "chmod",     "cp",    "cut",  "dd",    "df",     "du", "env",
                                 "find",  "grep", "gzip",      "head",  "ln",   "mkdir", "mkfifo", "mv", "rm",
                                 "rmdir", "sed",  "sha512sum", "sleep", "sort", "tail",  "tar",    "tr", "uname"}) {
            has(tool);
        }
    }

    fs::path at(const std::string& name) const { return host.host_home() / name; }
    void has(const std::string& tool) const { fs::create_symlink("/usr/bin/" + tool, at("tools/" + tool)); }
    Finished install(std::vector<std::string> words) const {
        words.insert(words.begin(), "install-pi");
        return start(std::move(words)).wait(patience);
    }
    std::string entries(const std::string& name) const {
        std::set<std::string> names;
        if (fs::exists(at(name)))
            for (const auto& each : fs::directory_iterator{at(name)}) names.insert(each.path().filename());
        std::string all;
        for (const std::string& each : names) all += each + ' ';
        return all;
    }
    std::string bundle(const std::string& path) const { return at(".local/share/pi-node").string() + path; }
};

// A registry with the Node and the npm that eph knows, from npm, and a Pi that is a few lines long.
struct Registry {
    explicit Registry(const TempHome& home) : directory(home.path("registry")) {
        const std::string machine = Program{{"uname", "-sm"}, home.variables}.wait().out;
        for (const eph::NodePackage& each : eph::InstallRequest::known_nodes()) {
            if (each.machine + "\n" == machine) node = each.package;
        }
        const eph::PinnedPackage npm = eph::InstallRequest::known_npm();
        const std::string pi = home.path("little-pi");
        const Json description{
            {"name", "@earendil-works/pi-coding-agent"}, {"version", "9.8.7"}, {"bin", {{"pi", "cli.js"}}}};
        write_file(pi + "/package.json", description.dump());
        write_file(pi + "/cli.js",
                   "#!/usr/bin/env node\nconsole.log(process.argv[2] ? \"9.8.7\" : process.version);\n");
        fs::create_directories(directory);
        const Finished packed = Program{{"npm", "pack", "--loglevel=error", "--pack-destination", directory, pi,
                                         node.name + "@" + node.version, npm.name + "@" + npm.version},
                                        home.variables}
                                    .wait(patience);
        INFO(packed.err);
        REQUIRE(packed.status == 0);
        Json version = description;
        version["dist"]["tarball"] = "https://registry.npmjs.org/x/-/earendil-works-pi-coding-agent-9.8.7.tgz";
        write_file(directory / "@earendil-works%2fpi-coding-agent", Json{{"name", description.at("name")},
                                                                         {"dist-tags", {{"latest", "9.8.7"}}},
                                                                         {"versions", {{"9.8.7", version}}}}
                                                                        .dump());
        server = std::make_unique<Program>(
            std::vector<std::string>{"node", EPH_SOURCE_DIR "/tests/support/registry.mjs", directory}, home.variables);
        server->wait_for_out("/\n");
    }
    std::string url() const { return server->out(); }
    std::string tarball() const { return node.name + "-" + node.version + ".tgz"; }
    bool was_asked_for(const std::string& name) const {
        return read_file(directory / "log").find(name + "\n") != std::string::npos;
    }

    fs::path directory;
    eph::PinnedPackage node;
    std::unique_ptr<Program> server;
};

bool npm_is_there() { return available("npm") && available("node"); }

}  // namespace

TEST_CASE_METHOD(PiWorld, "Pi is installed by npm on a host whose Node is too old, once, and sessions run it") {
    if (!npm_is_there()) return;
    host.tool("tools/node", "[ \"$1\" != --version ] || exec /usr/bin/echo v20.20.2\nexec /usr/bin/node \"$@\"\n");
    has("npm");
    const Finished dry = install({"testhost", "--pi-version", pi_version, "--dry-run"});
    CHECK(dry.status == 0);
    CHECK_THAT(dry.err,
               Contains("eph: testhost: " + Program{{"uname", "-sm"}, home.variables}.wait().out.substr(0, 5)));
    CHECK_THAT(dry.err,
               Contains("Node 20.20.2 (" + at("tools/node").string() + "), too old for Pi, which needs 22.19; npm "));
    CHECK_THAT(dry.err, Contains("\neph: testhost: installs Pi 0.87.1 (npm's @earendil-works/pi-coding-agent) into " +
                                 bundle("/0.87.1\n")));
    CHECK_THAT(dry.err, EndsWith("eph: testhost: nothing was changed (--dry-run)\n"));
    CHECK(entries("") == ".profile tools ");

    const Finished done = install({"testhost", "--pi-version", pi_version});
    INFO(done.err);
    REQUIRE(done.status == 0);
    CHECK_THAT(done.err, Contains("\neph: testhost: Pi 0.87.1 is installed in " + bundle("/0.87.1 (")));
    CHECK_THAT(done.err, EndsWith("to remove it: rm -r " + bundle("/0.87.1\n")));
    CHECK(entries("") == ".local .profile tools ");
    CHECK(entries(".local/share/pi-node") == "0.87.1 ");
    CHECK(entries(".local/share/pi-node/0.87.1") == "bin lib ");
    CHECK(entries(".local/share/pi-node/0.87.1/bin") == "node pi ");
    CHECK(host.connections() == 2);

    const Finished answer = eph({"testhost", "--print", "What is this?"});
    INFO(answer.err);
    CHECK(answer.status == 0);
    CHECK_THAT(answer.out, Contains("sim: You said: What is this?"));

    const Finished again = install({"testhost"});
    CHECK(again.status == 0);
    CHECK_THAT(again.err, EndsWith("eph: testhost: Pi 0.87.1 is there already: " + bundle("/0.87.1/bin/pi\n")));
}

TEST_CASE_METHOD(PiWorld, "a host without Node and npm gets them by curl or wget; Ctrl-C leaves nothing of it") {
    if (!npm_is_there() || !available("curl") || !available("wget")) return;
    const Registry registry{home};
    write_file(at(".npmrc"), "registry=" + registry.url());
    write_file(registry.directory / "hang", registry.tarball() + "\n");
    has("curl");
    {
        Pty person(command({"install-pi", "testhost"}), home.variables);
        person.wait_for("eph: testhost: getting Node " + registry.node.version + " and npm", 60s);
        REQUIRE(eventually([&] { return registry.was_asked_for(registry.tarball()); }));
        CHECK(entries(".local/share/pi-node").find(".new-") == 0);
        person.type("\x03");
        CHECK(person.wait() == 130);
        CHECK_THAT(person.screen(), EndsWith("eph: testhost: interrupted; what was begun there is removed\r\n"));
    }
    CHECK(eventually([&] { return entries("") == ".npmrc .profile tools "; }));

    fs::remove(registry.directory / "hang");
    fs::remove(at("tools/curl"));
    has("wget");
    const Finished done = install({"testhost"});
    INFO(done.err);
    REQUIRE(done.status == 0);
    CHECK_THAT(done.err, Contains("by wget from " + registry.url().substr(0, registry.url().size() - 2)));
    CHECK_THAT(done.err, Contains("\neph: testhost: Pi 9.8.7 is installed in " + bundle("/9.8.7 (")));
    CHECK(entries("") == ".local .npmrc .profile tools ");
    const Variables its_own{{"PATH", bundle("/9.8.7/bin")}};
    CHECK(Program({"/usr/bin/env", "node", bundle("/9.8.7/bin/pi")}, its_own).wait().out ==
          "v" + registry.node.version + "\n");
}

TEST_CASE_METHOD(PiWorld, "an installation that fails says where and why, with exit status 125, and leaves nothing") {
    const Finished bare = install({"testhost"});
    CHECK(bare.status == 125);
    CHECK_THAT(bare.err, EndsWith("eph: cannot install Pi on testhost: the host has neither npm nor curl nor wget\n"
                                  "Install curl or npm there.\n"));
    if (npm_is_there()) {
        host.tool("tools/node", "[ \"$1\" != --version ] || exec /usr/bin/echo v24.0.0\nexec /usr/bin/node \"$@\"\n");
        has("npm");
        const Finished unknown = install({"testhost", "--pi-version", "77.0.0"});
        CHECK(unknown.status == 125);
        CHECK_THAT(unknown.err, Contains("eph: cannot install Pi on testhost: npm could not install "
                                         "@earendil-works/pi-coding-agent@77.0.0: code ETARGET "));
        CHECK_THAT(unknown.err, EndsWith("another one: --pi-version\n"));
    }
    CHECK(entries("") == ".profile tools ");
}

TEST_CASE_METHOD(PiWorld, "SIGTERM to eph ends an installation, too") {
    has("npm");
    host.tool("tools/node",
              "[ \"$1\" != --version ] || exec /usr/bin/echo v24.0.0\n"
              "[ \"$2\" != --version ] || exec /usr/bin/echo 11.0.0\n: >\"$HOME/began\"\nexec sleep 1000\n");
    Program running = start({"install-pi", "testhost"});
    REQUIRE(eventually([&] { return fs::exists(at("began")); }));
    running.signal(SIGTERM);
    const Finished done = running.wait();
    CHECK(done.status == 128 + SIGTERM);
    CHECK_THAT(done.err, EndsWith("eph: testhost: interrupted; what was begun there is removed\n"));
    CHECK(entries("") == ".profile began tools ");
}

TEST_CASE_METHOD(PiWorld, "what ssh or the command line cannot do has the usual exit statuses") {
    const Finished dead = install({"deadhost"});
    CHECK(dead.status == 255);
    CHECK_THAT(dead.err, EndsWith("Connection refused\neph: ssh could not open a session on deadhost, or lost it\n"
                                  "Check with: ssh deadhost true\n"));
    const Finished version = install({"testhost", "--pi-version", "latest"});
    CHECK(version.status == 64);
    CHECK_THAT(version.err, Contains("eph: 'latest' is not a version of Pi\n"));
    CHECK(install({"--", "-oProxyCommand=id"}).status == 64);
    CHECK(install({}).status == 64);
    CHECK(host.connections() == 0);
}

TEST_CASE("a host that runs no commands is said") {
    World world{{}, "ForceCommand echo no commands here\n"};
    const Finished done = world.eph({"install-pi", "testhost"});
    CHECK(done.status == 125);
    CHECK_THAT(done.err,
               Contains("eph: the installation on testhost ended without saying how\nCheck that this prints 'fine'"));
}
