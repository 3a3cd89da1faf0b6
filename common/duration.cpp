// Parsing and formatting of lengths of time.
#include "common/duration.hpp"

#include <array>

#include "common/error.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

using namespace std::chrono;

struct Unit {
    char letter;
    seconds length;
};
constexpr std::array<Unit, 4> units{{{'d', days{1}}, {'h', hours{1}}, {'m', minutes{1}}, {'s', seconds{1}}}};
constexpr seconds longest = days{3650};

Error bad(std::string_view text) {
    return Error{Code::usage, "'{}' is not a length of time", printable(text)}.hint(
        "Write it like 30m, 2h, 1h30m, 1d or 90s.");
}

}  // namespace

Duration parse_duration(std::string_view text) {
    if (text.empty()) throw bad(text);
    seconds total{0};
    std::size_t at = 0;
    std::size_t next_unit = 0;  // units go from large to small, each at most once
    while (at < text.size()) {
        const std::size_t first = at;
        long long count = 0;
        for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
            count = count * 10 + (text[at] - '0');
            if (count > longest.count()) throw bad(text);
        }
        if (at == first) throw bad(text);
        if (at == text.size()) {  // a bare number counts seconds, alone
            if (first != 0) throw bad(text);
            total = seconds{count};
            break;
        }
        while (next_unit < units.size() && units[next_unit].letter != text[at]) ++next_unit;
        if (next_unit == units.size()) throw bad(text);
        if (count > longest / units[next_unit].length) throw bad(text);
        total += count * units[next_unit++].length;
        ++at;
    }
    if (total > longest) throw bad(text);
    if (total == seconds{0})
        throw Error{Code::usage, "a length of time must be more than zero, not '{}'", printable(text)};
    return total;
}

std::string format_duration(Duration length) {
    seconds rest = duration_cast<seconds>(length);
    std::string text;
    for (const Unit& unit : units) {
        const auto count = rest / unit.length;
        if (count > 0) text += fmt::format("{}{}", count, unit.letter);
        rest -= count * unit.length;
    }
    return text.empty() ? "0s" : text;
}

std::string format_left(Duration left) {
    if (left <= Duration{0}) return "over";
    const seconds rest = ceil<seconds>(left);
    for (std::size_t i = 0; i + 1 < units.size(); ++i) {
        if (rest >= units[i].length) return format_duration(rest / units[i + 1].length * units[i + 1].length);
    }
    return format_duration(rest);
}

}  // namespace eph
