// Lengths of time and moments, as people, providers and key names have them.
#include "common/duration.hpp"
#include "common/error.hpp"
#include "common/time.hpp"
#include "daemon/https/https_client.hpp"
#include "tests/fuzz/support/fuzz.hpp"

namespace eph::fuzz {
namespace {

void lengths(std::string_view text) {
    try {
        const Duration length = parse_duration(text);
        must(length > Duration{0} && length <= std::chrono::days{3650}, "a length is within its bounds", text);
        must(parse_duration(format_duration(length)) == length, "a length is read as it was written", text);
        must(!format_left(length).empty() && format_left(length) != "over", "what is left is not over", text);
    } catch (const Error& error) {
        must(error.code() == Code::usage, "a length that is none is a person's mistake", text);
        must_be_printable(error.message());
    }
}

void moments(std::string_view text) {
    if (const auto moment = parse_compact_utc(text)) {
        must(parse_compact_utc(compact_utc(*moment)) == moment, "a moment is read as it was written", text);
        must(rfc3339(*moment).size() == 20, "and fits RFC 3339", text);
        must(from_millis(to_millis(*moment)) == *moment, "and the ledger's column", text);
        must(local_clock(*moment).size() == 8, "and a clock", text);
    }
    if (const auto moment = parse_http_date(text)) (void)rfc3339(*moment);
    const Timestamp at = from_millis(1'790'000'000'000);
    if (const auto pause = parse_retry_after(text, at))
        must(*pause >= Duration{0} && *pause <= std::chrono::hours{24}, "no provider puts off for more than a day",
             text);
}

}  // namespace

void one(std::string_view input) {
    while (!input.empty()) {
        const std::string_view line = take_line(input);
        lengths(line);
        moments(line);
    }
}

}  // namespace eph::fuzz
