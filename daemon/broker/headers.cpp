// The lists of headers, each with its reason.
#include "daemon/broker/headers.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/text.hpp"
#include "daemon/broker/paths.hpp"
#include "daemon/broker/usage_scan.hpp"

namespace eph {
namespace {

using Names = std::span<const std::string_view>;

// They speak of one connection, and not of the message (RFC 9110 7.6.1); its framing is made anew.
constexpr std::array<std::string_view, 11> hop_by_hop{
    "Connection", "Keep-Alive", "Proxy-Connection", "TE",   "Trailer",        "Transfer-Encoding",
    "Upgrade",    "Expect",     "Content-Length",   "Host", "HTTP2-Settings",
};

// Credentials, and what chooses whose money is spent: both are ephd's to say.
constexpr std::array<std::string_view, 12> credentials{
    "Authorization",
    "x-api-key",
    "x-goog-api-key",
    "api-key",
    "Cookie",
    "Cookie2",
    "x-auth-token",
    "X-Csrf-Token",
    "OpenAI-Organization",
    "OpenAI-Project",
    "x-goog-user-project",
    "X-Amz-Security-Token",
};

// Where the request comes from: the provider is to see ephd, and nothing of the host.
constexpr std::array<std::string_view, 10> origins{
    "Forwarded",        "Via",    "X-Real-IP", "X-Client-IP", "True-Client-IP",
    "CF-Connecting-IP", "Origin", "Referer",   "From",        "X-Cluster-Client-IP",
};

// With these a server may take the request for another than the one that was checked.
constexpr std::array<std::string_view, 6> overrides{
    "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override",
    "X-Original-URL",         "X-Rewrite-URL", "X-Original-Host",
};

// An answer's: they would bind the agent to a host that it has never seen.
constexpr std::array<std::string_view, 5> bound_to_host{
    "Set-Cookie", "Set-Cookie2", "Alt-Svc", "Strict-Transport-Security", "Clear-Site-Data",
};

bool in(Names names, std::string_view name) {
    return std::any_of(names.begin(), names.end(), [&](std::string_view each) { return same_name(each, name); });
}

bool begins_with(std::string_view name, std::string_view start) {
    return name.size() >= start.size() && same_name(name.substr(0, start.size()), start);
}

bool crosses(const Fields& fields, const Field& field) {
    return !in(hop_by_hop, field.name) && !begins_with(field.name, "Proxy-") &&
           !list_has(fields, "Connection", field.name);
}

bool is_for_provider(const Forwarded& request, const Upstream& upstream, const Field& field) {
    if (!crosses(request.head.fields, field)) return false;
    if (in(credentials, field.name) || in(origins, field.name) || in(overrides, field.name)) return false;
    if (begins_with(field.name, "X-Forwarded") || same_name(field.name, "Accept-Encoding")) return false;
    if (same_name(field.name, upstream.auth.name)) return false;
    return request.token.empty() || field.value.find(request.token) == field.value.npos;
}

// `Out` is a std::string, or a SecretBuffer.
template <class Out, class... Parts>
void put(Out& out, const Parts&... parts) {
    (out.append(std::string_view{parts}), ...);
}

template <class Out>
void put_number(Out& out, std::uint64_t number) {
    std::array<char, 20> digits{};
    const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    put(out, std::string_view{digits.data(), static_cast<std::size_t>(end - digits.data())});
}

template <class Out>
void put_framing(Out& out, Framing framing, std::string_view method) {
    if (framing.kind == Framing::Kind::chunked) {
        put(out, "Transfer-Encoding: chunked\r\n");
    } else if (framing.kind == Framing::Kind::length) {
        put(out, "Content-Length: ");
        put_number(out, framing.length);
        put(out, "\r\n");
    } else if (method == "POST" || method == "PUT" || method == "PATCH") {
        put(out, "Content-Length: 0\r\n");
    }
}

// "gzip;q=0.5" -> gzip; nothing for one that is not wanted (q=0), or that eph cannot read.
std::string_view wanted_coding(std::string_view entry) {
    const std::string_view name = trim(entry.substr(0, entry.find(';')));
    if (same_name(name, "identity") || !can_read_coding(name)) return {};
    const std::size_t weight = entry.find("q=");
    if (weight == entry.npos) return name;
    const std::string_view value = trim(entry.substr(weight + 2));
    return value.find_first_of("123456789") == value.npos ? std::string_view{} : name;
}

}  // namespace

std::vector<std::string> offered_tokens(const RequestHead& head) {
    std::vector<std::string> offered;
    for (const Field& field : head.fields) {
        if (same_name(field.name, "Authorization")) {
            if (begins_with(field.value, "Bearer ")) offered.emplace_back(trim(field.value.substr(7)));
        } else if (same_name(field.name, "x-api-key") || same_name(field.name, "x-goog-api-key") ||
                   same_name(field.name, "api-key")) {
            offered.emplace_back(field.value);
        }
    }
    for (std::string& value : credentials_in(query_of(head.target))) offered.push_back(std::move(value));
    return offered;
}

std::string readable_codings(const Fields& fields) {
    std::string kept;
    for (const Field& field : fields) {
        if (!same_name(field.name, "Accept-Encoding")) continue;
        std::string_view rest = field.value;
        while (!rest.empty()) {
            const std::size_t comma = std::min(rest.find(','), rest.size());
            if (const std::string_view coding = wanted_coding(rest.substr(0, comma)); !coding.empty())
                put(kept, kept.empty() ? "" : ", ", coding);
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
    }
    return kept.empty() ? "identity" : kept;
}

void compose_request(SecretBuffer& out, const Forwarded& request, const Upstream& upstream, std::string_view key) {
    out.clear();
    put(out, request.head.method, " ", upstream.base.path, request.path, request.query.empty() ? "" : "?",
        request.query, " HTTP/1.1\r\nHost: ", upstream.base.authority(), "\r\n");
    for (const Field& field : request.head.fields)
        if (is_for_provider(request, upstream, field)) put(out, field.name, ": ", field.value, "\r\n");
    put(out, "Accept-Encoding: ", readable_codings(request.head.fields), "\r\n");
    put_framing(out, request.framing, request.head.method);
    if (!upstream.auth.name.empty() && !key.empty())
        put(out, upstream.auth.name, ": ", upstream.auth.prefix, key, "\r\n");
    put(out, "\r\n");
}

void compose_response(std::string& out, const ResponseHead& head, Framing framing, bool close) {
    out = "HTTP/1.1 ";
    put_number(out, static_cast<std::uint64_t>(head.status));
    put(out, " ", head.reason, "\r\n");
    const bool bodiless = framing.kind == Framing::Kind::none;
    for (const Field& field : head.fields) {
        // To HEAD the provider says how long the body would be.
        const bool length_alone = bodiless && head.status >= 200 && head.status != 204 && head.status != 304 &&
                                  same_name(field.name, "Content-Length");
        if (!length_alone && (!crosses(head.fields, field) || in(bound_to_host, field.name))) continue;
        put(out, field.name, ": ", field.value, "\r\n");
    }
    put_framing(out, framing, "");
    if (close) out += "Connection: close\r\n";
    out += "\r\n";
}

}  // namespace eph
