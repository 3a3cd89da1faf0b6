// Prints how fast keys are issued and revoked, durably, beside the disk's own rate of flushes in the same run and
// directory: ledger-bench [rounds]. The provider answers at once.
#define CATCH_CONFIG_RUNNER
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include <fmt/format.h>

#include "tests/bench/figures.hpp"
#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using namespace eph::bench;

namespace {

int rounds = 5;
constexpr int in_turn = 60;
constexpr int at_once = 32;
constexpr int batches = 10;
constexpr double flushes_a_key = 2;  // its row, before the provider is asked; its being live, before it is handed out

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point began) { return std::chrono::duration<double>(Clock::now() - began).count(); }

// Flushes a second of what a commit of the ledger is: some pages behind each other in a file that is there already.
double disk_rate(const std::filesystem::path& file) {
    constexpr std::size_t commit = std::size_t{6} * 4120;
    constexpr int commits = 150;
    const std::string bytes(commit, 'x');
    const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(descriptor >= 0);
    for (int i = 0; i < commits; ++i) REQUIRE(write(descriptor, bytes.data(), commit) == static_cast<ssize_t>(commit));
    REQUIRE(fsync(descriptor) == 0);
    REQUIRE(lseek(descriptor, 0, SEEK_SET) == 0);
    const auto began = Clock::now();
    for (int i = 0; i < commits; ++i) {
        REQUIRE(write(descriptor, bytes.data(), commit) == static_cast<ssize_t>(commit));
        REQUIRE(fdatasync(descriptor) == 0);
    }
    const double rate = commits / seconds_since(began);
    close(descriptor);
    return rate;
}

std::vector<Reply> all_of(const TempHome& home, const std::vector<std::pair<std::string, std::string>>& requests) {
    std::vector<std::unique_ptr<HttpConnection>> connections;
    for (const auto& [method, target] : requests) {
        connections.push_back(std::make_unique<HttpConnection>(home.socket()));
        connections.back()->request(method, target, method == "POST" ? R"({"ttl_seconds": 600})" : "");
    }
    std::vector<Reply> replies;
    for (const auto& connection : connections) replies.push_back(connection->reply());
    return replies;
}

void issue_and_revoke(const TempHome& home, int count) {
    const std::vector<std::pair<std::string, std::string>> creations(static_cast<std::size_t>(count),
                                                                     {"POST", "/v1/keys"});
    std::vector<std::pair<std::string, std::string>> deletions;
    for (const Reply& reply : all_of(home, creations)) {
        REQUIRE(reply.status == 201);
        deletions.emplace_back("DELETE", "/v1/keys/" + reply.json().at("key").at("id").get<std::string>());
    }
    for (const Reply& reply : all_of(home, deletions)) REQUIRE(reply.status == 200);
}

double rate(const TempHome& home, int times, int count) {
    const auto began = Clock::now();
    for (int i = 0; i < times; ++i) issue_and_revoke(home, count);
    return times * count / seconds_since(began);
}

}  // namespace

TEST_CASE("issue and revoke") {
    Sim sim;
    const TempHome home;
    const Daemon ephd{home, sim};
    sim.wait_for_answered("GET /users");  // the comparison at the start
    issue_and_revoke(home, 1);
    Figure disk, alone, together, alone_ratio, together_ratio;
    for (int i = 0; i < rounds; ++i) {
        const double flushes = disk_rate(home.ledger().parent_path() / "flushed");
        const double in_turn_rate = rate(home, in_turn, 1);
        const double at_once_rate = rate(home, batches, at_once);
        disk.add(flushes);
        alone.add(in_turn_rate);
        alone_ratio.add(in_turn_rate * flushes_a_key / flushes);
        together.add(at_once_rate);
        together_ratio.add(at_once_rate / flushes);
    }
    show("the disk's flushes a second", disk);
    show("issued and revoked a second, one after the other", alone);
    show("  flushes waited for, to the disk's", alone_ratio);
    show("issued and revoked a second, 32 at once", together);
    show("  keys, to the disk's flushes", together_ratio);
    const std::string against = fmt::format("{:.0f} flushes a second of the disk", disk.median());
    row("issue + revoke, durable, one after the other, 2 flushes each",
        fmt::format("{:.0f} a second, {:.0f} flushes", alone.median(), alone.median() * flushes_a_key), against,
        fmt::format("{:.2f}", alone_ratio.median()), "0.80");
    row("issue + revoke, durable, 32 at once", fmt::format("{:.0f} a second", together.median()), against,
        fmt::format("{:.2f}", together_ratio.median()), "0.80");
}

int main(int argc, char** argv) {
    if (argc > 1) rounds = std::max(1, std::atoi(argv[1]));
    return Catch::Session{}.run(1, argv);
}
