// Lengths of time, as people write and read them.
#include "common/duration.hpp"
#include "tests/support/error_of.hpp"

using namespace eph;
using namespace eph::test;
using namespace std::chrono;

TEST_CASE("a length of time is read in every spelling that people use") {
    const std::pair<const char*, seconds> table[] = {
        {"30m", minutes{30}},
        {"2h", hours{2}},
        {"1h30m", minutes{90}},
        {"1d", hours{24}},
        {"90s", seconds{90}},
        {"1800", minutes{30}},
        {"1", seconds{1}},
        {"007", seconds{7}},
        {"1h0m", hours{1}},
        {"0h5m", minutes{5}},
        {"1d1s", seconds{86401}},
        {"1d2h3m4s", seconds{86400 + 7200 + 180 + 4}},
        {"90m", minutes{90}},
        {"3650d", hours{24 * 3650}},
        {"315360000", hours{24 * 3650}},
    };
    for (const auto& [text, length] : table) {
        INFO(text);
        CHECK(parse_duration(text) == length);
    }
}

TEST_CASE("what is not a length of time is named in the message") {
    for (const char* text : {"",
                             "h",
                             "1x",
                             "1h30",
                             "30m1h",
                             "1h1h",
                             "1 h",
                             " 1h",
                             "-1h",
                             "+1h",
                             "1.5h",
                             "1H",
                             "h1",
                             "1hh",
                             "0x10",
                             "3651d",
                             "315360001",
                             "87601h",
                             "3650d1s",
                             "9223372036854775807",
                             "18446744073709551617s",
                             "99999999999999999999999999",
                             "106751991167301d"}) {
        INFO(text);
        const Error error = error_of([&] { parse_duration(text); });
        CHECK(error.code() == Code::usage);
        CHECK(error.message() == "'" + std::string{text} + "' is not a length of time");
        CHECK(error.hint() == "Write it like 30m, 2h, 1h30m, 1d or 90s.");
    }
}

TEST_CASE("white space after a length of time is no part of it") { CHECK_THROWS_AS(parse_duration("1h "), Error); }

TEST_CASE("a length of time of nothing is refused") {
    for (const char* text : {"0", "0s", "0m", "0h0m0s", "000"}) {
        const Error error = error_of([&] { parse_duration(text); });
        CHECK(error.code() == Code::usage);
        CHECK(error.message() == "a length of time must be more than zero, not '" + std::string{text} + "'");
    }
}

TEST_CASE("a length of time that would move the cursor cannot") {
    CHECK(error_of([] { parse_duration("1h\x1b[2J"); }).message() == "'1h[2J' is not a length of time");
    CHECK(error_of([] { parse_duration(std::string_view{"1h\0", 3}); }).message() == "'1h' is not a length of time");
}

TEST_CASE("a length of time is written so that it reads back the same") {
    for (const char* text :
         {"1s", "59s", "1m", "1m1s", "1h", "1h1s", "1h30m", "23h59m59s", "1d", "1d2h", "1d2h3m4s", "3650d"}) {
        CHECK(format_duration(parse_duration(text)) == text);
    }
    CHECK(format_duration(Duration{0}) == "0s");
    CHECK(format_duration(milliseconds{1999}) == "1s");
}

TEST_CASE("what is left of a deadline is told in two units") {
    const std::pair<milliseconds, const char*> table[] = {
        {seconds{-1}, "over"}, {seconds{0}, "over"},    {milliseconds{1}, "1s"},     {milliseconds{59'001}, "1m"},
        {seconds{45}, "45s"},  {seconds{60}, "1m"},     {seconds{61}, "1m1s"},       {seconds{3599}, "59m59s"},
        {hours{1}, "1h"},      {seconds{3661}, "1h1m"}, {minutes{90}, "1h30m"},      {seconds{86399}, "23h59m"},
        {hours{24}, "1d"},     {hours{26}, "1d2h"},     {seconds{86400 + 59}, "1d"},
    };
    for (const auto& [left, words] : table) {
        INFO(left.count());
        CHECK(format_left(left) == words);
    }
}
