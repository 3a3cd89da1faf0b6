// Wall-clock moments and their spellings.
#include "common/time.hpp"
#include "daemon/https/https_client.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/environment.hpp"

using namespace eph;
using namespace std::chrono;

namespace {

const Timestamp moment = sys_days{year{1994} / 11 / 6} + hours{8} + minutes{49} + seconds{37};

}  // namespace

TEST_CASE("a moment is written without sub-seconds, in UTC") {
    CHECK(compact_utc(moment) == "19941106T084937Z");
    CHECK(compact_utc(moment + milliseconds{999}) == "19941106T084937Z");
    CHECK(rfc3339(moment) == "1994-11-06T08:49:37Z");
    CHECK(compact_utc(Timestamp{Duration{-1}}) == "19691231T235959Z");
}

TEST_CASE("a compact moment reads back as it was written") {
    for (const Timestamp each :
         {moment, Timestamp{}, Timestamp{sys_days{year{2024} / 2 / 29}}, Timestamp{sys_days{year{9999} / 12 / 31}}}) {
        CHECK(parse_compact_utc(compact_utc(each)) == each);
    }
}

TEST_CASE("what is not a compact moment is not guessed at") {
    for (const char* text : {"", "19941106", "19941106T084937", "1994110608:49:37Z", "19941306T084937Z",
                             "19940230T084937Z", "19941100T084937Z", "19940006T084937Z", "19941106T244937Z",
                             "19941106T086037Z", "19941106T084961Z", "1994 106T084937Z", "-9941106T084937Z",
                             "19941106X084937Z", "19941106T084937X", "19941106T084937Z ", "20230229T000000Z"}) {
        INFO(text);
        CHECK_FALSE(parse_compact_utc(text));
    }
}

TEST_CASE("a leap second is the first of the next minute") {
    CHECK(parse_compact_utc("20161231T235960Z") == Timestamp{sys_days{year{2017} / 1 / 1}});
}

TEST_CASE("the time of day follows the person's time zone") {
    {
        const test::ScopedVariable zone{"TZ", "UTC-2"};
        tzset();
        CHECK(local_clock(moment) == "10:49:37");
    }
    tzset();
}

TEST_CASE("a clock shows moments of centuries to come") {
    {
        const test::ScopedVariable zone{"TZ", "UTC"};
        tzset();
        CHECK(local_clock(parse_compact_utc("99991231T235958Z").value()) == "23:59:58");
    }
    tzset();
}

TEST_CASE("an HTTP date is understood in its preferred form") {
    CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == moment);
    for (const char* text :
         {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 UTC",
          "Sun, 06 Xxx 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT",
          "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, -6 Nov 1994 08:49:37 GMT"}) {
        INFO(text);
        CHECK_FALSE(parse_http_date(text));
    }
}

TEST_CASE("Retry-After is seconds or a date, and never more than a day") {
    const std::pair<const char*, std::optional<Duration>> table[] = {
        {"0", seconds{0}},
        {"7", seconds{7}},
        {" 120 ", seconds{120}},
        {"86400", hours{24}},
        {"86401", hours{24}},
        {"99999999999999999999", hours{24}},
        {"Sun, 06 Nov 1994 08:50:00 GMT", seconds{23}},
        {"Sun, 06 Nov 1994 08:49:00 GMT", seconds{0}},
        {"Sun, 06 Nov 2094 08:49:00 GMT", hours{24}},
        {"", std::nullopt},
        {"soon", std::nullopt},
        {"-1", std::nullopt},
        {"-99999999999999999999", std::nullopt},
        {"+1", std::nullopt},
        {"1.5", std::nullopt},
        {"1s", std::nullopt},
        {"Sun, 06 Nov 1994", std::nullopt},
    };
    for (const auto& [value, wait] : table) {
        INFO(value);
        CHECK(parse_retry_after(value, moment) == wait);
    }
}
