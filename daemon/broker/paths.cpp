// Paths and queries, matched as they are written: what would have to be normalised first is refused.
#include "daemon/broker/paths.hpp"

#include <algorithm>
#include <array>

#include "common/text.hpp"

namespace eph {
namespace {

// Where Google's clients, and people, put a key.
constexpr std::array<std::string_view, 8> credential_names{"key",     "access_token", "api_key",     "api-key",
                                                           "api key", "apikey",       "oauth_token", "bearer_token"};

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// A plain segment: not empty, no dots that mean a directory, no escape that hides a character with a meaning in a path,
// or a byte beyond ASCII, in which lenient servers have found dots and slashes.
bool is_plain_segment(std::string_view segment) {
    if (segment.empty() || segment.find('\\') != segment.npos) return false;
    for (std::size_t at = segment.find('%'); at != segment.npos; at = segment.find('%', at + 1)) {
        if (at + 2 >= segment.size() || !is_hex(segment[at + 1]) || !is_hex(segment[at + 2])) return false;
        const std::string decoded = decode_percent(segment.substr(at, 3));
        const auto c = static_cast<unsigned char>(decoded[0]);
        if (c <= 0x20 || c >= 0x7f || std::string_view{"/\\.%;?#"}.find(decoded[0]) != std::string_view::npos)
            return false;
    }
    // "..;x" is a directory to servers that cut parameters off.
    const std::string_view name = segment.substr(0, segment.find(';'));
    return !name.empty() && name != "." && name != "..";
}

bool is_plain_path(std::string_view path) {
    if (!path.starts_with('/')) return false;
    while (!path.empty()) {
        path.remove_prefix(1);
        const std::size_t slash = std::min(path.find('/'), path.size());
        if (!is_plain_segment(path.substr(0, slash))) return false;
        path.remove_prefix(slash);
    }
    return true;
}

std::string_view take_segment(std::string_view& path) {
    path.remove_prefix(1);
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, slash);
    path.remove_prefix(slash);
    return segment;
}

bool segment_fits(std::string_view pattern, std::string_view segment) {
    const std::size_t star = pattern.find('*');
    if (star == pattern.npos) return pattern == segment;
    const std::string_view before = pattern.substr(0, star);
    const std::string_view after = pattern.substr(star + 1);
    return segment.size() > before.size() + after.size() && segment.starts_with(before) && segment.ends_with(after);
}

bool method_fits(const AllowedPath& allowed, std::string_view method) {
    return allowed.method == method || (allowed.method == "GET" && method == "HEAD");
}

bool holds_credential(std::string_view parameter) {
    const std::string name = lower(decode_percent(parameter.substr(0, parameter.find('='))));
    return std::find(credential_names.begin(), credential_names.end(), name) != credential_names.end();
}

template <class Each>
void for_each_parameter(std::string_view query, Each each) {
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        each(query.substr(0, end));
        query.remove_prefix(std::min(end + 1, query.size()));
    }
}

}  // namespace

bool path_fits(std::string_view pattern, std::string_view path) {
    while (pattern.starts_with('/') && path.starts_with('/')) {
        if (!segment_fits(take_segment(pattern), take_segment(path))) return false;
    }
    return pattern.empty() && path.empty();
}

RelayRoute find_route(const Upstream& upstream, std::string_view method, std::string_view target) {
    RelayRoute route;
    std::string_view path = target.substr(0, target.find('?'));
    if (!is_plain_path(path)) return route;
    for (const std::string& part : {"/" + upstream.name, upstream.base_path}) {
        if (!path.starts_with(part)) return route;
        path.remove_prefix(part.size());
    }
    if (!path.starts_with('/')) return route;
    for (const AllowedPath& allowed : upstream.paths) {
        if (!path_fits(allowed.pattern, path)) continue;
        if (method_fits(allowed, method)) {
            route.allowed = &allowed;
            route.path = path;
            route.query = without_credentials(query_of(target));
            return route;
        }
        route.methods += (route.methods.empty() ? "" : ", ") + allowed.method;
    }
    return route;
}

std::string_view query_of(std::string_view target) {
    const std::size_t mark = target.find('?');
    return mark == target.npos ? std::string_view{} : target.substr(mark + 1);
}

std::vector<std::string> credentials_in(std::string_view query) {
    std::vector<std::string> found;
    for_each_parameter(query, [&](std::string_view parameter) {
        const std::size_t equals = parameter.find('=');
        if (equals != parameter.npos && holds_credential(parameter))
            found.push_back(decode_percent(parameter.substr(equals + 1)));
    });
    return found;
}

std::string without_credentials(std::string_view query) {
    std::string kept;
    for_each_parameter(query, [&](std::string_view parameter) {
        if (holds_credential(parameter)) return;
        if (!kept.empty()) kept += '&';
        kept += parameter;
    });
    return kept;
}

}  // namespace eph
