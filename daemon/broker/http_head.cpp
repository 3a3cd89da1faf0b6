// Parsing of heads: RFC 9112, without the leniencies that it allows.
#include "daemon/broker/http_head.hpp"

#include <algorithm>
#include <array>

namespace eph {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr std::array<bool, 256> token_table() {
    std::array<bool, 256> table{};
    for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
    for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
    for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
    for (const char c : std::string_view{"!#$%&'*+-.^_`|~"}) table[static_cast<unsigned char>(c)] = true;
    return table;
}

// What may stand in a value: visible characters, blanks, tabs, and bytes above ASCII, which mean nothing to HTTP.
constexpr std::array<bool, 256> value_table() {
    std::array<bool, 256> table{};
    for (std::size_t c = 0x20; c < 256; ++c) table[c] = c != 0x7f;
    table['\t'] = true;
    return table;
}

constexpr auto token_chars = token_table();
constexpr auto value_chars = value_table();

bool all_in(std::string_view text, const std::array<bool, 256>& table) {
    return std::all_of(text.begin(), text.end(), [&](char c) { return table[static_cast<unsigned char>(c)]; });
}

std::string_view trim_blanks(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

// Takes a line off the front; HeadEnd has seen to it that each ends in CR LF.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find("\r\n");
    if (end == text.npos) throw BadMessage{400, "the head does not end with an empty line"};
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 2);
    return line;
}

Field parse_field(std::string_view line) {
    if (line.front() == ' ' || line.front() == '\t') throw BadMessage{400, "a header is folded over two lines"};
    const std::size_t colon = line.find(':');
    if (colon == line.npos) throw BadMessage{400, "a header has no colon"};
    Field field{line.substr(0, colon), trim_blanks(line.substr(colon + 1))};
    if (!is_http_token(field.name)) throw BadMessage{400, "a header's name has a character that no name may have"};
    if (!all_in(field.value, value_chars)) throw BadMessage{400, "a header's value holds a control character"};
    return field;
}

void parse_fields(std::string_view text, Fields& fields) {
    fields.clear();
    fields.reserve(24);  // more than most have
    for (std::string_view line = take_line(text); !line.empty(); line = take_line(text)) {
        if (fields.size() == field_limit) throw BadMessage{431, "there are more than 100 headers"};
        fields.push_back(parse_field(line));
    }
    if (!text.empty()) throw BadMessage{400, "something stands behind the head"};
}

void check_version(std::string_view version) {
    if (version == "HTTP/1.1") return;
    const bool well_formed = version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
                             version[6] == '.' && is_digit(version[7]);
    if (well_formed) throw BadMessage{505, "only HTTP/1.1 is spoken here"};
    throw BadMessage{400, "the request line is not one of HTTP/1.1"};
}

void check_target(std::string_view target) {
    if (target.empty()) throw BadMessage{400, "the request names no path"};
    // Absolute-form and authority-form are for proxies, which this is not; `*` asks for nothing that is relayed.
    if (target.front() != '/') throw BadMessage{400, "the request's target must be a path"};
    const auto fits = [](char c) { return c > ' ' && c < 0x7f && c != '#'; };
    if (!std::all_of(target.begin(), target.end(), fits))
        throw BadMessage{400, "the request's target holds a character that must be escaped"};
}

}  // namespace

std::size_t HeadEnd::look(std::string_view text) {
    while (true) {
        const std::size_t end = text.find('\n', looked_);
        if (end == text.npos) break;
        if (end == 0 || text[end - 1] != '\r') throw BadMessage{400, "a line does not end in CR LF"};
        if (end >= head_limit) break;
        const bool empty = end - 1 == line_;
        line_ = looked_ = end + 1;
        if (empty) return end + 1;
    }
    if (text.size() >= head_limit) throw BadMessage{431, "the headers are larger than 64 KB"};
    looked_ = text.size();
    return 0;
}

bool is_http_token(std::string_view text) { return !text.empty() && all_in(text, token_chars); }

void parse_head(std::string_view text, RequestHead& head) {
    const std::string_view line = take_line(text);
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == line.npos || first == last) throw BadMessage{400, "the request line is not one of HTTP/1.1"};
    head.method = line.substr(0, first);
    head.target = line.substr(first + 1, last - first - 1);
    if (!is_http_token(head.method)) throw BadMessage{400, "the request's method has a character that none may have"};
    check_version(line.substr(last + 1));
    check_target(head.target);
    parse_fields(text, head.fields);
    const std::size_t hosts = count_fields(head.fields, "Host");
    if (hosts != 1) throw BadMessage{400, "a request has exactly one Host header"};
    const auto odd = [](char c) { return c <= ' ' || c >= 0x7f || c == '/' || c == '@' || c == '\\' || c == ','; };
    const std::string_view host = find_field(head.fields, "Host")->value;
    if (host.empty() || std::any_of(host.begin(), host.end(), odd))
        throw BadMessage{400, "the Host header is not the name of a host"};
}

void parse_head(std::string_view text, ResponseHead& head) {
    const std::string_view line = take_line(text);
    const bool well_formed = line.size() >= 12 && line.starts_with("HTTP/1.") && (line[7] == '0' || line[7] == '1') &&
                             line[8] == ' ' && line[9] >= '1' && line[9] <= '9' && is_digit(line[10]) &&
                             is_digit(line[11]) && (line.size() == 12 || line[12] == ' ');
    if (!well_formed) throw BadMessage{502, "its status line is not one of HTTP/1.1"};
    head.minor_version = line[7] - '0';
    head.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
    head.reason = line.size() > 13 ? line.substr(13) : std::string_view{};
    if (!all_in(head.reason, value_chars)) throw BadMessage{502, "its status line holds a control character"};
    parse_fields(text, head.fields);
}

const Field* find_field(const Fields& fields, std::string_view name) {
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return same_name(f.name, name); });
    return found == fields.end() ? nullptr : &*found;
}

std::size_t count_fields(const Fields& fields, std::string_view name) {
    return static_cast<std::size_t>(
        std::count_if(fields.begin(), fields.end(), [&](const Field& f) { return same_name(f.name, name); }));
}

bool list_has(const Fields& fields, std::string_view name, std::string_view word) {
    for (const Field& field : fields) {
        if (!same_name(field.name, name)) continue;
        std::string_view rest = field.value;
        while (!rest.empty()) {
            const std::size_t comma = std::min(rest.find(','), rest.size());
            if (same_name(trim_blanks(rest.substr(0, comma)), word)) return true;
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
    }
    return false;
}

}  // namespace eph
