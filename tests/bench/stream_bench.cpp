// Prints what the relay costs an agent on another host: requests and answers through ephd and a real ssh's reverse
// forward, beside the same forward to a plain server, in turn: stream-bench [rounds]. Wants sse-probe beside it.
#define CATCH_CONFIG_RUNNER
#include <csignal>
#include <filesystem>

#include <fmt/format.h>

#include "tests/bench/figures.hpp"
#include "tests/integration/support/world.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using eph::bench::Figure;
using eph::bench::row;
using eph::bench::show;

namespace {

int rounds = 7;
const std::string probe = (std::filesystem::path{EPH}.parent_path() / "sse-probe").string();

// What sse-probe printed last: the median, p99, the most.
struct Said {
    double median = 0;
    double p99 = 0;
};

Said said(const Finished& done, int skipped) {
    INFO(done.out << done.err);
    REQUIRE(done.status == 0);
    Said out;
    std::istringstream words{done.out};
    for (std::string ignored; skipped > 0; --skipped) words >> ignored;
    words >> out.median >> out.p99;
    return out;
}

struct Fixture {
    Fixture() {
        provider.wait_for_out("\n");
        port = std::stoi(provider.out());
        (void)world.ephd.stop();
        Variables account = Daemon::account(world.sim);
        account["MISTRAL_API_KEY"] = "sk-bench";
        account["EPH_MISTRAL_BASE_URL"] = fmt::format("http://127.0.0.1:{}/v1", port);
        ephd.emplace(world.home, account);
    }
    ~Fixture() {
        provider.signal(SIGTERM);
        (void)provider.wait();
    }

    // What `words` of sse-probe print, run on the host.
    Said by_eph(const std::string& what, const std::string& rest, int skipped) {
        const std::string line = fmt::format("{} {} \"$EPH_BASE_URL\" \"$MISTRAL_API_KEY\" {}", probe, what, rest);
        return said(world.eph({"exec", "testhost", "--provider", "mistral", "--", "sh", "-c", line}), skipped);
    }
    Said by_ssh(const std::string& what, const std::string& rest, int skipped) {
        const int there = free_port();
        const std::string line = fmt::format("{} {} http://127.0.0.1:{}/v1 none {}", probe, what, there, rest);
        const std::string forward = fmt::format("127.0.0.1:{}:127.0.0.1:{}", there, port);
        return said(Program({"env", "ssh", "-R", forward, "testhost", line}, world.home.variables).wait(60s), skipped);
    }

    World world;
    Program provider{{probe, "serve", "100", "20"}, world.home.variables};
    int port = 0;
    std::optional<Daemon> ephd;
};

struct Pair {
    Figure eph, ssh, ratio;
    void add(double through_eph, double through_ssh) {
        eph.add(through_eph);
        ssh.add(through_ssh);
        ratio.add(through_eph / through_ssh);
    }
    void print(const std::string& what, const std::string& unit) const {
        show(("eph: " + what).c_str(), eph);
        show(("ssh: " + what).c_str(), ssh);
        show("  the ratio, pair by pair", ratio);
        row("through ssh's reverse forward, " + what, fmt::format("{:.3f} {}", eph.median(), unit),
            fmt::format("the forward alone to a plain server: {:.3f} {}", ssh.median(), unit),
            fmt::format("{:.2f}", ratio.median()), "at most 1.1");
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "answers on their way through the relay and ssh") {
    Pair median, p99, big, event, late_event;
    for (int i = 0; i < rounds; ++i) {
        const auto both = [&](const char* what, const char* rest, int skipped, auto use) {
            const Said first = i % 2 == 0 ? by_eph(what, rest, skipped) : by_ssh(what, rest, skipped);
            const Said second = i % 2 == 0 ? by_ssh(what, rest, skipped) : by_eph(what, rest, skipped);
            i % 2 == 0 ? use(first, second) : use(second, first);
        };
        both("ask", "3000", 0, [&](Said eph, Said ssh) {
            median.add(eph.median, ssh.median);
            p99.add(eph.p99, ssh.p99);
        });
        both("fetch", "", 0, [&](Said eph, Said ssh) { big.add(eph.median, ssh.median); });
        both("read", "1", 1, [&](Said eph, Said ssh) {
            event.add(eph.median, ssh.median);
            late_event.add(eph.p99, ssh.p99);
        });
    }
    median.print("an answer of 1 KB", "ms");
    p99.print("an answer of 1 KB, p99", "ms");
    big.print("an answer of 64 MB", "ms");
    event.print("an event of a stream on its way", "ms");
    late_event.print("an event of a stream on its way, p99", "ms");
}

int main(int argc, char** argv) {
    if (argc > 1) rounds = std::max(1, std::atoi(argv[1]));
    return Catch::Session{}.run(1, argv);
}
