// Escapes of RFC 8259 7. Half of a surrogate pair becomes U+FFFD, as most readers have it.
#include "daemon/broker/json_text.hpp"

#include <algorithm>
#include <cstdint>

namespace eph {
namespace {

std::optional<std::uint32_t> hex4(std::string_view text) {
    if (text.size() < 4) return std::nullopt;
    std::uint32_t value = 0;
    for (const char c : text.substr(0, 4)) {
        const char low = static_cast<char>(c | 0x20);
        if (c >= '0' && c <= '9') {
            value = value * 16 + static_cast<std::uint32_t>(c - '0');
        } else if (low >= 'a' && low <= 'f') {
            value = value * 16 + static_cast<std::uint32_t>(low - 'a' + 10);
        } else {
            return std::nullopt;
        }
    }
    return value;
}

void append_utf8(std::string& out, std::uint32_t point) {
    const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | ((point >> shift) & 0x3f)); };
    if (point < 0x80) {
        out += static_cast<char>(point);
    } else if (point < 0x800) {
        out += static_cast<char>(0xc0 | (point >> 6));
        tail(0);
    } else if (point < 0x10000) {
        out += static_cast<char>(0xe0 | (point >> 12));
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xf0 | (point >> 18));
        tail(12);
        tail(6);
        tail(0);
    }
}

// What follows "\u"; takes it off `rest`, with the second half of a pair.
std::optional<std::uint32_t> take_point(std::string_view& rest) {
    constexpr std::uint32_t unknown = 0xfffd;
    const auto first = hex4(rest);
    if (!first) return std::nullopt;
    rest.remove_prefix(4);
    if (*first < 0xd800 || *first > 0xdfff) return *first;
    if (*first > 0xdbff || !rest.starts_with("\\u")) return unknown;
    const auto second = hex4(rest.substr(2));
    if (!second || *second < 0xdc00 || *second > 0xdfff) return unknown;
    rest.remove_prefix(6);
    return 0x10000 + ((*first - 0xd800) << 10) + (*second - 0xdc00);
}

}  // namespace

std::optional<std::string> unescaped_json(std::string_view raw) {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
    std::string out;
    while (!raw.empty()) {
        const std::size_t plain = std::min(raw.find('\\'), raw.size());
        out += raw.substr(0, plain);
        raw.remove_prefix(plain);
        if (raw.empty()) break;
        if (raw.size() < 2) return std::nullopt;
        const char kind = raw[1];
        raw.remove_prefix(2);
        if (kind == 'u') {
            const auto point = take_point(raw);
            if (!point) return std::nullopt;
            append_utf8(out, *point);
        } else if (const std::size_t at = letters.find(kind); at != letters.npos) {
            out += meant[at];
        } else {
            return std::nullopt;
        }
    }
    return out;
}

}  // namespace eph
