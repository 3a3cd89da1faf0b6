// What eph's memory holds while its session runs: not the key that it has delivered, nor the broker's token.
#include <csignal>

#include "tests/integration/support/aftermath.hpp"
#include "tests/integration/support/memory.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

namespace {

const std::string own_key = "sk-ant-api03-of-the-person-themself-0123456789";

// The agent keeps what it was given where the test finds it.
struct Delivered : World {
    Delivered() { host.agent("echo \"$OPENAI_API_KEY$ANTHROPIC_API_KEY\" >\"$HOME/given\"\necho ready\nsleep 1000\n"); }

    void check(std::vector<std::string> words, const std::string& begins) {
        std::filesystem::remove(given());
        Program session = start(std::move(words));
        session.wait_for_out("ready");
        check(session.pid(), begins);
        session.signal(SIGTERM);
        CHECK(session.wait().status == 143);
    }
    void check(pid_t eph, const std::string& begins) {
        std::string key = read_file(given());
        key.pop_back();
        REQUIRE(key.starts_with(begins));
        std::string found;
        CHECK(eventually([&] { return (found = told(sightings(eph, key))).empty(); }, 3s));
        CHECK(found == "");
    }
    std::filesystem::path given() const { return host.host_home() / "given"; }
};

}  // namespace

TEST_CASE_METHOD(Delivered, "what eph has delivered to a host or an agent is not in its memory any more") {
    if (!memory_can_be_read()) return;
    const std::string pi = host.host_home() / ".local/bin/pi";
    home.variables["HOME"] = host.host_home();  // of the local agent
    SECTION("a key to a host") { check({"testhost", "x"}, "sk-svcacct-"); }
    SECTION("a key to an agent on this machine") { check({"--local", "--remote-pi", pi, "x"}, "sk-svcacct-"); }
    SECTION("the broker's token") { check({"testhost", "--via", "broker", "x"}, "eph-"); }
    SECTION("the broker's token on this machine") {
        check({"--local", "--via", "broker", "--remote-pi", pi, "x"}, "eph-");
    }
    SECTION("a key of one's own, by a command") {
        write_file(home.path("own-key"), own_key + "\n");
        check({"testhost", "--provider", "anthropic", "--key-command", "cat " + home.path("own-key").string(), "x"},
              "sk-ant-");
    }
    SECTION("a key of one's own, typed") {
        Pty person(command({"testhost", "--provider", "anthropic", "--prompt-key", "x"}), home.variables);
        person.wait_for("(not shown): ");
        person.type(own_key + "\n");
        person.wait_for("ready");
        check(person.pid(), "sk-ant-");
    }
}

TEST_CASE_METHOD(Delivered,
                 "an admin key in eph's environment is in one locked page of eph, and not in its environment") {
    if (!memory_can_be_read()) return;
    home.variables.merge(Daemon::account(sim));
    Program session = start({"testhost", "x"});
    session.wait_for_out("ready");
    const std::vector<Sighting> all = sightings(session.pid(), admin_key);
    INFO(told(all));
    CHECK(all.size() == 1);
    CHECK(std::all_of(all.begin(), all.end(), [](const Sighting& each) { return each.kept_as_a_secret(); }));
    CHECK(read_file("/proc/" + std::to_string(session.pid()) + "/environ").find(admin_key) == std::string::npos);
    session.signal(SIGTERM);
    CHECK(session.wait().status == 143);
    CHECK(sim.live_keys() == 0);
}
