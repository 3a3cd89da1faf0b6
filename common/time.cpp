// Formatting and parsing of wall-clock moments, in UTC unless said.
#include "common/time.hpp"

#include <array>
#include <charconv>
#include <ctime>

#include <fmt/format.h>

namespace eph {
namespace {

using namespace std::chrono;

struct Parts {
    year_month_day date;
    hh_mm_ss<seconds> clock;
};

Parts split(Timestamp moment) {
    const auto day = floor<days>(moment);
    return {year_month_day{day}, hh_mm_ss<seconds>{floor<seconds>(moment - day)}};
}

std::optional<int> number(std::string_view text) {
    int value = 0;
    for (char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<Timestamp> moment_of(std::optional<int> y, std::optional<int> mo, std::optional<int> d,
                                   std::optional<int> h, std::optional<int> mi, std::optional<int> s) {
    if (!y || !mo || !d || !h || !mi || !s) return std::nullopt;
    const year_month_day date{year{*y}, month(static_cast<unsigned>(*mo)), day(static_cast<unsigned>(*d))};
    if (!date.ok() || *h > 23 || *mi > 59 || *s > 60) return std::nullopt;
    return Timestamp{sys_days{date} + hours{*h} + minutes{*mi} + seconds{*s}};
}

}  // namespace

Timestamp now() { return floor<Duration>(system_clock::now()); }
std::int64_t to_millis(Timestamp moment) { return moment.time_since_epoch().count(); }
Timestamp from_millis(std::int64_t millis) { return Timestamp{Duration{millis}}; }

std::string compact_utc(Timestamp moment) {
    const Parts at = split(moment);
    return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(at.date.year()),
                       static_cast<unsigned>(at.date.month()), static_cast<unsigned>(at.date.day()),
                       at.clock.hours().count(), at.clock.minutes().count(), at.clock.seconds().count());
}

std::optional<Timestamp> parse_compact_utc(std::string_view text) {
    if (text.size() != 16 || (text[8] != 'T' && text[8] != 't') || (text[15] != 'Z' && text[15] != 'z'))
        return std::nullopt;
    return moment_of(number(text.substr(0, 4)), number(text.substr(4, 2)), number(text.substr(6, 2)),
                     number(text.substr(9, 2)), number(text.substr(11, 2)), number(text.substr(13, 2)));
}

std::string rfc3339(Timestamp moment) {
    const Parts at = split(moment);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(at.date.year()),
                       static_cast<unsigned>(at.date.month()), static_cast<unsigned>(at.date.day()),
                       at.clock.hours().count(), at.clock.minutes().count(), at.clock.seconds().count());
}

std::string local_clock(Timestamp moment) {
    // Not by system_clock, whose nanoseconds end in the year 2262.
    const std::time_t seconds_since_epoch = floor<seconds>(moment).time_since_epoch().count();
    std::tm parts{};
    localtime_r(&seconds_since_epoch, &parts);
    return fmt::format("{:02}:{:02}:{:02}", parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::optional<Timestamp> parse_http_date(std::string_view text) {
    constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (text.size() != 29 || text.substr(25) != " GMT") return std::nullopt;
    for (int index = 0; index < 12; ++index) {
        if (months[static_cast<std::size_t>(index)] != text.substr(8, 3)) continue;
        return moment_of(number(text.substr(12, 4)), index + 1, number(text.substr(5, 2)), number(text.substr(17, 2)),
                         number(text.substr(20, 2)), number(text.substr(23, 2)));
    }
    return std::nullopt;
}

}  // namespace eph
