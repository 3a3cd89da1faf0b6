// Starting rounds, reading what they report, and the sum.
#include "tests/chaos/rounds.hpp"

#include <sys/wait.h>

#include <cstdio>

#include "tests/chaos/apart.hpp"
#include "tests/chaos/round_case.hpp"
#include "tests/chaos/stage.hpp"

namespace eph::chaos {
namespace {

bool has_real_pi() { return std::getenv("EPH_TEST_PI") != nullptr; }

}  // namespace

bool Rounds::wanted() const {
    if (impossible_) return false;
    if (options_.only >= 0) return next_ == options_.only;
    if (options_.minutes > 0 && now_ms() - began_ > options_.minutes * 60'000LL) return false;
    return started_sessions_ < options_.sessions;
}

int Rounds::run() {
    began_ = now_ms();
    next_ = options_.only >= 0 ? options_.only : options_.first;
    fs::create_directories(options_.keep);
    std::printf("chaos: seed %llu, %d rounds at once\n", static_cast<unsigned long long>(options_.seed),
                options_.parallel);
    while (wanted() || !running_.empty()) {
        while (wanted() && running_.size() < static_cast<std::size_t>(options_.parallel)) begin(next_++);
        reap();
    }
    return verdict();
}

void Rounds::begin(int round) {
    Plan plan = plan_round(options_.seed, round, has_real_pi());
    plan.plant = options_.plant;
    started_sessions_ += static_cast<int>(plan.sessions.size());
    const fs::path directory = options_.keep / ("round-" + std::to_string(round));
    fs::remove_all(directory);
    fs::create_directories(directory);
    fs::permissions(directory, fs::perms::all | fs::perms::sticky_bit);  // it is /tmp there
    const pid_t pid = start_apart(directory, [&plan] { return play_round(plan, "/tmp"); });
    running_[pid] = {round, directory, now_ms()};
}

void Rounds::reap() {
    int status = 0;
    const pid_t pid = wait(&status);
    const auto found = running_.find(pid);
    if (found == running_.end()) return;
    const Running ended = found->second;
    running_.erase(found);
    report(ended, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

void Rounds::report(const Running& ended, int status) {
    ++done_;
    if (status == no_name_spaces) impossible_ = true;
    Figures round;
    try {
        round = figures_in(Json::parse(test::read_file(ended.directory / "chaos" / result_file)));
    } catch (const std::exception&) {
        round.leaks.push_back("the round itself failed, with status " + std::to_string(status) + "; see " +
                              (ended.directory / "chaos" / log_file).string());
    }
    const std::string took = std::to_string((now_ms() - ended.began) / 1000);
    std::printf("round %d: %d sessions, %d kills, %d faults, %s s: %s\n", ended.round, round.sum("sessions"),
                round.sum("kills"), round.sum("faults met"), took.c_str(), round.leaks.empty() ? "clean" : "LEAK");
    for (const std::string& leak : round.leaks) {
        std::printf("  %.2000s\n", leak.c_str());
    }
    if (!round.leaks.empty())
        std::printf("  kept: %s\n  again: chaos --seed %llu --only %d\n", ended.directory.c_str(),
                    static_cast<unsigned long long>(options_.seed), ended.round);
    std::fflush(stdout);
    if (round.leaks.empty()) fs::remove_all(ended.directory);
    figures_.add(round);
}

int Rounds::verdict() const {
    std::printf("\nchaos: seed %llu, %d rounds, %lld s\n%s", static_cast<unsigned long long>(options_.seed), done_,
                static_cast<long long>((now_ms() - began_) / 1000), table(figures_).c_str());
    if (impossible_) return 2;
    return figures_.leaks.empty() && done_ > 0 ? 0 : 1;
}

}  // namespace eph::chaos
