// Prints how long the events of a stream are on their way from the provider to an agent: without eph, through ephd
// alone, and through ephd and a real ssh: stream-bench [streams]. Wants sse-probe beside it.
#define CATCH_CONFIG_RUNNER
#include <csignal>
#include <cstdio>
#include <filesystem>

#include "tests/integration/support/world.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

namespace {

std::string streams = "1";
const std::string probe = (std::filesystem::path{EPH}.parent_path() / "sse-probe").string();

void show(const char* way, const Finished& done) {
    INFO(done.err);
    CHECK(done.status == 0);
    std::printf("%-28s %s", way, done.out.c_str());
}

}  // namespace

TEST_CASE("events of a stream on their way") {
    World world;
    Program provider({probe, "serve", "100", "20"}, world.home.variables);
    provider.wait_for_out("\n");
    const std::string url = "http://127.0.0.1:" + std::to_string(std::stoi(provider.out())) + "/v1";
    (void)world.ephd.stop();
    Variables account = Daemon::account(world.sim);
    account["MISTRAL_API_KEY"] = "sk-bench";
    account["EPH_MISTRAL_BASE_URL"] = url;
    Daemon ephd(world.home, account);

    show("without eph", Program({probe, "read", url, "none", streams}, world.home.variables).wait());
    const std::string read = probe + " read \"$EPH_BASE_URL\" \"$MISTRAL_API_KEY\" " + streams;
    show("through ephd", world.eph({"exec", "--local", "--provider", "mistral", "--", "sh", "-c", read}));
    show("through ephd and ssh", world.eph({"exec", "testhost", "--provider", "mistral", "--", "sh", "-c", read}));
    provider.signal(SIGTERM);
    (void)provider.wait();
}

int main(int argc, char** argv) {
    if (argc > 1) streams = argv[1];
    return Catch::Session{}.run(1, argv);
}
