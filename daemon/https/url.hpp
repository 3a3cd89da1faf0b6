// The base URL of a provider, taken apart and checked before any credential goes there.
#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace eph {

struct BaseUrl {
    bool tls = true;
    std::string host;  // without brackets
    std::string port;
    std::string path;  // "/v1", or "" ; never with a slash at the end

    std::string text() const;       // as a person would write it
    std::string authority() const;  // for the Host header and the pool
    auto operator<=>(const BaseUrl&) const = default;
};

// Throws Error{usage} that names `text`: only https, or http to loopback; no user, query or fragment.
BaseUrl parse_base_url(std::string_view text);

bool is_loopback_name(std::string_view host);

// The proxy for `host` from HTTPS_PROXY, https_proxy and NO_PROXY, as curl reads them. No text: no proxy.
struct Proxy {
    std::string host;
    std::string port;
    std::string authorization;  // base64 of user:password, or ""
    bool empty() const { return host.empty(); }
};
Proxy proxy_for(const BaseUrl& target, std::string_view https_proxy, std::string_view no_proxy);

}  // namespace eph
