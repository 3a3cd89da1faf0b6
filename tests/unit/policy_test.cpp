// The janitor's decisions: when to try again, and what an answer means.
#include "daemon/janitor/policy.hpp"

#include "tests/support/catch.hpp"

using namespace eph;
using namespace std::chrono;

namespace {

const Timestamp moment = Timestamp{sys_days{year{2026} / 11 / 23}};

struct Row {
    const char* what;
    RevokeAnswer answer;
    std::int64_t attempts;
    std::optional<Duration> unproven_for;
    const char* settled;  // nullptr: tried again
    Duration after;
    const char* error;
};

}  // namespace

TEST_CASE("pauses between attempts double up to five minutes") {
    const std::pair<std::int64_t, Duration> table[] = {{0, 1s},   {1, 2s},    {2, 4s},    {5, 32s},          {8, 256s},
                                                       {9, 300s}, {10, 300s}, {63, 300s}, {1'000'000, 300s}, {-1, 1s}};
    for (const auto& [attempts, pause] : table) {
        INFO(attempts);
        CHECK(back_off(attempts, 0.0) == pause);
        CHECK(back_off(attempts, 1.0) == pause / 2);
        CHECK(back_off(attempts, 0.5) == pause * 3 / 4);
    }
}

TEST_CASE("an answer to a revocation settles the key or says when to try again") {
    constexpr const char* looking = "its creation was never answered; looking for it until it cannot appear any more";
    const Row table[] = {
        {"confirmed", Confirmed{}, 0, {}, "confirmed", 0s, ""},
        {"confirmed while the creation is unproven", Confirmed{}, 3, 40s, "confirmed", 0s, ""},
        {"absent is done", Absent{}, 0, {}, "already gone", 0s, ""},
        {"absent, and the creation may still take effect", Absent{}, 0, 60s, nullptr, 1s, looking},
        {"absent, a little before it cannot appear any more", Absent{}, 6, 10s, nullptr, 10s, looking},
        {"absent, at the very moment", Absent{}, 0, 0s, "already gone", 0s, ""},
        {"absent, long after", Absent{}, 0, -60s, "already gone", 0s, ""},
        {"failed", Failed{"no", {}}, 0, {}, nullptr, 1s, "no"},
        {"failed for the fifth time", Failed{"no", {}}, 4, {}, nullptr, 16s, "no"},
        {"failed, with a wait that is longer than the pause",
         Failed{"slow down", 90s},
         0,
         {},
         nullptr,
         90s,
         "slow down"},
        {"failed, with a wait of a day", Failed{"slow down", 24h}, 0, {}, nullptr, 10min, "slow down"},
        {"failed, with a wait that is shorter than the pause",
         Failed{"slow down", 2s},
         9,
         {},
         nullptr,
         300s,
         "slow down"},
        {"failed, and told to come at once", Failed{"slow down", 0s}, 0, {}, nullptr, 1s, "slow down"},
        {"its store is locked", Failed{"locked", {}, true}, 0, {}, nullptr, 1s, "locked"},
        {"its store is locked for long", Failed{"locked", {}, true}, 9, {}, nullptr, 30s, "locked"},
        {"failed while unproven", Failed{"no", {}}, 9, 2s, nullptr, 300s, "no"},
    };
    for (const Row& row : table) {
        INFO(row.what);
        KeyRow key;
        key.attempts = row.attempts;
        if (row.unproven_for) key.unproven_until = moment + *row.unproven_for;
        const Verdict verdict = next_step(key, row.answer, moment, 0.0);
        if (row.settled != nullptr) {
            REQUIRE(std::holds_alternative<Done>(verdict));
            CHECK(std::get<Done>(verdict).how == row.settled);
        } else {
            REQUIRE(std::holds_alternative<TryAgain>(verdict));
            CHECK((std::get<TryAgain>(verdict).due == moment + row.after));
            CHECK(std::get<TryAgain>(verdict).error == row.error);
        }
    }
}

TEST_CASE("jitter never takes from a wait that the provider asked for") {
    const Verdict verdict = next_step(KeyRow{}, Failed{"slow down", 90s}, moment, 0.99);
    CHECK((std::get<TryAgain>(verdict).due == moment + 90s));
}
