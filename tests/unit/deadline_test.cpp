// How long a session may last, and when its client is warned.
#include "daemon/sessions/deadline.hpp"

#include "tests/support/error_of.hpp"

using namespace eph;
using eph::test::error_of;
using namespace std::chrono;

namespace {

const Timestamp started = Timestamp{sys_days{year{2026} / 11 / 23}};

}  // namespace

TEST_CASE("a session can be extended as far as the longest TTL, counted from its start") {
    struct Row {
        Duration lasts, by, longest;
        const char* refusal;  // nullptr: allowed
    };
    const Row table[] = {
        {2h, 1h, 24h, nullptr},
        {2h, 22h, 24h, nullptr},
        {2h, 1s, 24h, nullptr},
        {2h, 22h + 1s, 24h, "a session may last 1d in all, so at most 22h can be added to this one"},
        {2h, 87600h, 24h, "a session may last 1d in all, so at most 22h can be added to this one"},
        {24h, 1s, 24h, "a session may last 1d in all, so nothing can be added to this one"},
        {24h - 500ms, 1s, 24h, "a session may last 1d in all, so nothing can be added to this one"},
        {48h, 1s, 24h, "a session may last 1d in all, so nothing can be added to this one"},  // it was longer once
        {2h, 0s, 24h, "an extension must be more than zero"},
        {2h, -1s, 24h, "an extension must be more than zero"},
    };
    for (const Row& row : table) {
        INFO(row.lasts.count() << " by " << row.by.count());
        const Timestamp deadline = started + row.lasts;
        if (row.refusal == nullptr) {
            CHECK((extended_deadline(started, deadline, row.by, row.longest) == deadline + row.by));
        } else {
            const Error error = error_of([&] { extended_deadline(started, deadline, row.by, row.longest); });
            CHECK(error.code() == Code::usage);
            CHECK(error.message() == row.refusal);
        }
    }
}

TEST_CASE("a client is warned ten minutes and one minute before the end, as far as there is time for it") {
    struct Row {
        Duration ttl, warned;          // since the start
        std::optional<Duration> next;  // since the start
    };
    const Row table[] = {
        {2h, 0s, 110min},  {2h, 110min, 119min}, {2h, 119min, {}},     {2h, 115min, 119min}, {2h, 3h, {}},
        {11min, 0s, 1min}, {10min, 0s, 9min},    {10min + 1s, 0s, 1s}, {5min, 0s, 4min},     {61s, 0s, 1s},
        {1min, 0s, {}},    {10s, 0s, {}},        {5min, 4min, {}},
    };
    for (const Row& row : table) {
        INFO(row.ttl.count() << " warned " << row.warned.count());
        const auto next = next_warning(started + row.ttl, started + row.warned);
        CHECK(next.has_value() == row.next.has_value());
        if (next && row.next) CHECK((*next == started + *row.next));
    }
}
