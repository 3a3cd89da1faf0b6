// Retry-After, in seconds or as a date (RFC 9110 10.2.3); a day at most.
#include <algorithm>
#include <charconv>

#include "common/text.hpp"
#include "daemon/https/https_client.hpp"

namespace eph {

std::optional<Duration> parse_retry_after(std::string_view value, Timestamp now) {
    constexpr Duration longest = std::chrono::hours{24};
    const std::string_view text = trim(value);
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error == std::errc{} && end == text.data() + text.size() && seconds >= 0) {
        return std::min<Duration>(longest, std::chrono::seconds{std::min<std::int64_t>(seconds, 86400)});
    }
    if (error == std::errc::result_out_of_range && end == text.data() + text.size() && text[0] != '-') return longest;
    if (const auto moment = parse_http_date(text)) return std::clamp(*moment - now, Duration{0}, longest);
    return std::nullopt;
}

}  // namespace eph
