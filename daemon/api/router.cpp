// Matching a request to its route.
#include "daemon/api/router.hpp"

#include <array>
#include <vector>

#include "common/error.hpp"
#include "common/text.hpp"
#include "daemon/api/handlers.hpp"

namespace eph {
namespace {

constexpr std::array<Route, 21> routes{{
    {"GET", "/v1/status", show_status, nullptr, true},
    {"GET", "/metrics", show_metrics, nullptr, true},
    {"GET", "/v1/events", list_events, nullptr},
    {"GET", "/v1/providers", list_providers, nullptr},
    {"GET", "/v1/accounts", list_accounts, nullptr},
    {"GET", "/v1/accounts/{provider}", show_account, nullptr},
    {"PUT", "/v1/accounts/{provider}", set_account, nullptr},
    {"DELETE", "/v1/accounts/{provider}", clear_account, nullptr},
    {"POST", "/v1/accounts/{provider}/check", check_account, nullptr},
    {"GET", "/v1/keys", list_keys, nullptr, true},
    {"POST", "/v1/keys", create_key, nullptr},
    {"GET", "/v1/keys/{id}", show_key, nullptr, true},
    {"DELETE", "/v1/keys/{id}", revoke_key, nullptr, true},
    {"POST", "/v1/cleanup", clean_up, nullptr},
    {"GET", "/v1/cleanup", show_cleanup, nullptr, true},
    {"GET", "/v1/sessions", list_sessions, nullptr, true},
    {"POST", "/v1/sessions", nullptr, start_session},
    {"GET", "/v1/sessions/{id}", show_session, nullptr, true},
    {"DELETE", "/v1/sessions/{id}", end_session, nullptr, true},
    {"POST", "/v1/sessions/{id}/extend", extend_session, nullptr},
    {"GET", "/v1/sessions/{id}/lease", nullptr, hold_lease},
}};

std::vector<std::string_view> segments(std::string_view path) {
    std::vector<std::string_view> parts;
    while (!path.empty()) {
        path.remove_prefix(1);  // the slash
        const std::size_t end = std::min(path.find('/'), path.size());
        parts.push_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    return parts;
}

bool matches(std::string_view pattern, std::string_view path, std::map<std::string, std::string>& params) {
    const auto wanted = segments(pattern);
    const auto given = segments(path);
    if (wanted.size() != given.size()) return false;
    std::map<std::string, std::string> found;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (wanted[i].starts_with('{')) {
            if (given[i].empty()) return false;
            found[std::string{wanted[i].substr(1, wanted[i].size() - 2)}] = decode_percent(given[i]);
        } else if (wanted[i] != given[i]) {
            return false;
        }
    }
    params = std::move(found);
    return true;
}

void read_query(ApiRequest& request) {
    const std::size_t mark = request.path.find('?');
    if (mark == request.path.npos) return;
    std::string_view rest = std::string_view{request.path}.substr(mark + 1);
    while (!rest.empty()) {
        const std::string_view pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        request.query[decode_percent(pair.substr(0, equals))] =
            equals < pair.size() ? decode_percent(pair.substr(equals + 1)) : "";
    }
    request.path.resize(mark);
}

std::string value_in(const std::map<std::string, std::string>& values, const std::string& name) {
    const auto found = values.find(name);
    return found == values.end() ? std::string{} : found->second;
}

}  // namespace

std::string ApiRequest::param(const std::string& name) const { return value_in(params, name); }
std::string ApiRequest::query_value(const std::string& name) const { return value_in(query, name); }

std::span<const Route> all_routes() { return routes; }

bool ApiRequest::query_flag(const std::string& name) const {
    const std::string value = query_value(name);
    if (value == "1" || value == "true") return true;
    if (value.empty() || value == "0" || value == "false") return false;
    throw Error{Code::usage, "'{}' must be 1 or 0, not '{}'", name, printable(value, 40)};
}

const Route& find_route(ApiRequest& request) {
    read_query(request);
    bool known_path = false;
    for (const Route& route : routes) {
        if (!request.path.starts_with('/') || !matches(route.pattern, request.path, request.params)) continue;
        if (route.method == request.method) return route;
        known_path = true;
    }
    if (known_path)
        throw Error{Code::not_found, "{} is not possible on {}", printable(request.method, 20),
                    printable(request.path, 100)};
    throw Error{Code::not_found, "there is no {} in this API", printable(request.path, 100)}.hint(
        "docs/api.yaml lists what there is.");
}

}  // namespace eph
