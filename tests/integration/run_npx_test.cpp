// A host without Pi: npx fetches it for one session, and nothing of it stays.
#include <algorithm>
#include <cstdlib>

#include "tests/integration/support/world.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;

namespace {

// Without Pi, and with `~/tools` first on its login PATH.
void without_pi(World& world) {
    std::filesystem::remove_all(world.host.host_home() / ".local");
    write_file(world.host.host_home() / ".profile", "PATH=$HOME/tools:$PATH\n");
}

std::vector<std::string> listing(const std::filesystem::path& directory) {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
        paths.push_back(entry.path().string());
    std::sort(paths.begin(), paths.end());
    return paths;
}

}  // namespace

TEST_CASE_METHOD(World, "npx is told which Pi, and to keep all of its own in the session's directory") {
    without_pi(*this);
    host.tool("tools/npx", std::string{honest_agent} +
                               "echo \"$npm_config_cache\"; touch \"$npm_config_cache/x\" "
                               "\"$npm_config_logs_dir/x\"; cat; exit 4\n");
    const Finished done = eph({"testhost", "--npx", "--pi-version", "1.5.2", "the task"});
    INFO(done.err);
    CHECK(done.status == 4);
    CHECK_THAT(done.out, Contains("arguments=--yes --package=@earendil-works/pi-coding-agent@1.5.2 -- pi --no-session "
                                  "--provider openai -p\n"));
    CHECK_THAT(done.out, Contains("\n" + directory(done.out).string() + "/npm\nthe task"));
    CHECK_THAT(done.err, Contains("eph: testhost: Pi has ended with status 4\n"));
    CHECK(nothing_left(directory(done.out)));
    CHECK_THAT(eph({"testhost", "--npx", "x"}).out, Contains("--package=@earendil-works/pi-coding-agent -- pi "));
}

TEST_CASE_METHOD(World, "a host without npx is 127, and what cannot go together is named") {
    without_pi(*this);
    write_file(host.host_home() / ".profile", "PATH=$HOME/tools\n");
    for (const char* needed :
         {"sh", "sed", "tail", "rm", "mkdir", "cat", "sort", "cut", "grep", "sleep", "find", "mkfifo", "mv"})
        host.tool(std::string{"tools/"} + needed, "exec /bin/" + std::string{needed} + " \"$@\"\n");
    const Finished done = eph({"testhost", "--npx", "x"});
    CHECK(done.status == 127);
    CHECK_THAT(done.err,
               Contains("eph: npx was not found on testhost\nInstall Pi there with: eph install-pi testhost\n"));
    CHECK(sim.live_keys() == 0);

    CHECK(eph({"testhost", "--npx", "--remote-pi", "pi", "x"}).err ==
          "eph: --npx and --remote-pi exclude each other\n"
          "--npx runs a Pi that it fetches, --remote-pi one that is there.\n");
    CHECK(eph({"testhost", "--pi-version", "1.5.2", "x"}).err == "eph: --pi-version goes with --npx alone\n");
    for (const char* bad : {"../x", "file:x", ">1", "-g", "1 2"}) {
        const Finished refused = eph({"testhost", "--npx", "--pi-version", bad, "x"});
        CHECK(refused.status == 64);
        CHECK(refused.err == std::string{"eph: '"} + bad +
                                 "' is not a version of Pi\nA version is like 1.5.2, or a tag like latest.\n");
    }
}

TEST_CASE_METHOD(World, "the real npx runs the real Pi, and leaves nothing in the person's home", "[npx]") {
    const char* pi = std::getenv("EPH_TEST_PI");
    if (pi == nullptr) return;  // said by the tests of the real Pi
    if (!available("npx")) return;
    without_pi(*this);
    // What the test's own npm needs to reach its registry, the host's needs, too; and Pi wants a newer Node.
    std::string settings;
    for (const char* name : {"NODE_EXTRA_CA_CERTS", "HTTPS_PROXY", "https_proxy", "npm_config_registry"}) {
        if (const char* value = std::getenv(name)) settings += std::string{"export "} + name + "='" + value + "'\n";
    }
    host.tool("tools/npx", settings + "exec /usr/bin/npx \"$@\"\n");
    std::filesystem::create_symlink(std::filesystem::path{pi} / "bin/node", host.host_home() / "tools/node");
    const std::vector<std::string> before = listing(host.host_home());
    Program session = start({"testhost", "--npx", "--pi-version", "0.87.1", "What is 'this'?"});
    const Finished done = session.wait(200s);
    INFO(done.err);
    CHECK(done.status == 0);
    CHECK_THAT(done.out, Contains("sim: You said: What is 'this'?"));
    CHECK(listing(host.host_home()) == before);
    CHECK(sim.live_keys() == 0);
}
