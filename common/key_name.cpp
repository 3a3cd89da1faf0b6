// Making and reading the shared key names.
#include "common/key_name.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/ids.hpp"

namespace eph {
namespace {

constexpr std::string_view prefix = "eph-";
constexpr std::string_view expiry_mark = "-exp-";
constexpr std::size_t stamp_length = 16;
constexpr std::size_t label_limit = 40;

bool is_label_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

}  // namespace

std::string KeyName::text() const {
    return fmt::format("eph-{}{}{}-exp-{}{}{}", label, from ? "-" : "", from ? compact_utc(*from) : "",
                       compact_utc(until), random.empty() ? "" : "-", random);
}

std::string clean_label(std::string_view wanted) {
    std::string label;
    for (char c : wanted.substr(0, 256)) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        const char next = is_label_char(c) ? c : '-';
        if (next == '-' && (label.empty() || label.back() == '-')) continue;
        label.push_back(next);
        if (label.size() == label_limit) break;
    }
    while (!label.empty() && label.back() == '-') label.pop_back();
    return label.empty() ? "session" : label;
}

KeyName new_key_name(std::string_view label, Timestamp from, Timestamp until) {
    using std::chrono::seconds;
    return {clean_label(label), std::chrono::floor<seconds>(from), std::chrono::ceil<seconds>(until), random_text(10)};
}

std::string name_with_end(std::string_view name, Timestamp until) {
    auto parsed = parse_key_name(name);
    if (!parsed) return std::string{name};
    parsed->until = std::chrono::ceil<std::chrono::seconds>(until);
    return parsed->text();
}

std::optional<KeyName> parse_key_name(std::string_view name) {
    if (!name.starts_with(prefix)) return std::nullopt;
    const auto is_plain = [](char c) { return c > ' ' && c < '\x7f'; };
    if (!std::all_of(name.begin(), name.end(), is_plain)) return std::nullopt;
    // A label may hold "-exp-" itself, so the last mark that is followed by a time is the one that counts.
    for (std::size_t mark = name.rfind(expiry_mark); mark != name.npos && mark >= prefix.size() - 1;
         mark = mark == 0 ? name.npos : name.rfind(expiry_mark, mark - 1)) {
        const std::string_view rest = name.substr(mark + expiry_mark.size());
        const auto until = parse_compact_utc(rest.substr(0, stamp_length));
        if (!until || (rest.size() > stamp_length && rest[stamp_length] != '-')) continue;

        KeyName parsed{.label = {}, .from = {}, .until = *until, .random = {}};
        if (rest.size() > stamp_length) parsed.random = rest.substr(stamp_length + 1);
        std::string_view head =
            mark > prefix.size() ? name.substr(prefix.size(), mark - prefix.size()) : std::string_view{};
        if (head.size() >= stamp_length) {
            const std::size_t stamp = head.size() - stamp_length;
            if (stamp == 0 || head[stamp - 1] == '-') parsed.from = parse_compact_utc(head.substr(stamp));
            if (parsed.from) head = head.substr(0, stamp == 0 ? 0 : stamp - 1);
        }
        parsed.label = head;
        return parsed;
    }
    return std::nullopt;
}

}  // namespace eph
