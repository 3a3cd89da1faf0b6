// Wall-clock moments and their two spellings.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eph {

using Duration = std::chrono::milliseconds;
using Timestamp = std::chrono::sys_time<Duration>;  // deadlines are wall-clock time: they pass while a laptop sleeps

Timestamp now();
std::int64_t to_millis(Timestamp moment);
Timestamp from_millis(std::int64_t millis);

std::string compact_utc(Timestamp moment);  // 20261123T140509Z, as it stands in key names; sub-seconds are cut
std::optional<Timestamp> parse_compact_utc(std::string_view text);
std::string rfc3339(Timestamp moment);      // 2026-11-23T14:05:09Z
std::string local_clock(Timestamp moment);  // 14:05:09 in the person's time zone

// An HTTP date in the preferred form of RFC 9110 5.6.7 (Sun, 06 Nov 1994 08:49:37 GMT).
std::optional<Timestamp> parse_http_date(std::string_view text);

}  // namespace eph
