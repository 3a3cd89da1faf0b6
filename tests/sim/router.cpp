// Path and query matching.
#include "router.hpp"

#include <charconv>

#include "answers.hpp"

namespace eph::sim {
namespace {

std::string_view cut(std::string_view& rest, char at) {
    const auto end = rest.find(at);
    const std::string_view piece = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return piece;
}

std::string decoded(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        if (text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3) {
            plain += static_cast<char>(value);
            i += 2;
        } else {
            plain += text[i] == '+' ? ' ' : text[i];
        }
    }
    return plain;
}

}  // namespace

std::optional<Params> match(std::string_view pattern, std::string_view path) {
    Params params;
    while (!pattern.empty() && !path.empty()) {
        const std::string_view want = cut(pattern, '/');
        std::string_view have = cut(path, '/');
        if (!want.starts_with('{')) {
            if (want != have) return std::nullopt;
            continue;
        }
        const std::string_view suffix = want.substr(want.find('}') + 1);
        if (!have.ends_with(suffix)) return std::nullopt;
        have.remove_suffix(suffix.size());
        if (have.empty()) return std::nullopt;
        params.push_back(decoded(have));
    }
    if (!pattern.empty() || !path.empty()) return std::nullopt;
    return params;
}

std::optional<Answer> dispatch(std::span<const Route> routes, Sim& sim, const Call& call) {
    std::string allowed;
    for (const Route& route : routes) {
        const auto params = match(route.pattern, call.path);
        if (!params) continue;
        if (route.method == call.method) return route.handler(sim, call, *params);
        allowed += (allowed.empty() ? "" : ", ") + std::string{route.method};
    }
    if (allowed.empty()) return std::nullopt;
    return method_not_allowed(call, allowed);
}

std::map<std::string, std::string> parse_query(std::string_view query) {
    std::map<std::string, std::string> values;
    while (!query.empty()) {
        std::string_view pair = cut(query, '&');
        const std::string_view name = cut(pair, '=');
        if (!name.empty()) values[decoded(name)] = decoded(pair);
    }
    return values;
}

}  // namespace eph::sim
