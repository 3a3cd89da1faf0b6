// Parsing of base URLs and proxy settings.
#include "daemon/https/url.hpp"

#include <algorithm>

#include <openssl/evp.h>
#include <boost/asio/ip/address.hpp>

#include "common/error.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

bool is_port(std::string_view text) {
    return !text.empty() && text.size() <= 5 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
           std::stoi(std::string{text}) >= 1 && std::stoi(std::string{text}) <= 65535;
}

bool is_host(std::string_view text) {
    return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
               c == ':' || c == '_';
    });
}

struct HostPort {
    std::string host;
    std::string port;
};

// "host", "host:port", "[v6]:port"; an empty host when it is none of these.
HostPort split_authority(std::string_view text, std::string_view default_port) {
    std::string_view host = text;
    std::string_view port = default_port;
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == text.npos) return {};
        host = text.substr(1, close - 1);
        const std::string_view rest = text.substr(close + 1);
        if (!rest.empty()) {
            if (rest[0] != ':') return {};
            port = rest.substr(1);
        }
    } else if (const std::size_t colon = text.rfind(':'); colon != text.npos) {
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
        if (host.find(':') != host.npos) return {};
    }
    if (!is_host(host) || !is_port(port)) return {};
    return {lower(host), std::string{port}};
}

std::string_view default_port(bool tls) { return tls ? "443" : "80"; }

std::string base64(std::string_view plain) {
    std::string coded((plain.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends it with a NUL
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(coded.data()),
                        reinterpret_cast<const unsigned char*>(plain.data()), static_cast<int>(plain.size()));
    coded.resize(static_cast<std::size_t>(size));
    return coded;
}

bool matches_no_proxy(std::string_view host, std::string_view list) {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        std::string_view entry = trim(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
        if (entry == "*") return true;
        if (entry.starts_with('.')) entry.remove_prefix(1);
        const std::string wanted = lower(entry);
        if (wanted.empty()) continue;
        if (host == wanted) return true;
        if (host.size() > wanted.size() && host.ends_with(wanted) && host[host.size() - wanted.size() - 1] == '.')
            return true;
    }
    return false;
}

}  // namespace

bool is_loopback_name(std::string_view host) {
    if (host == "localhost") return true;
    boost::system::error_code failure;
    const auto address = boost::asio::ip::make_address(std::string{host}, failure);
    return !failure && address.is_loopback();
}

std::string BaseUrl::authority() const {
    const std::string bracketed = host.find(':') == host.npos ? host : "[" + host + "]";
    return port == default_port(tls) ? bracketed : bracketed + ":" + port;
}

std::string BaseUrl::text() const { return (tls ? "https://" : "http://") + authority() + path; }

BaseUrl parse_base_url(std::string_view text) {
    const auto bad = [&](std::string_view why) {
        return Error{Code::usage, "'{}' cannot be a base URL: {}", printable(text, 200), why}.hint(
            "Write it like https://api.openai.com/v1.");
    };
    BaseUrl url;
    std::string_view rest = text;
    if (lower(text.substr(0, 8)) == "https://") {
        rest.remove_prefix(8);
    } else if (lower(text.substr(0, 7)) == "http://") {
        url.tls = false;
        rest.remove_prefix(7);
    } else {
        throw bad("it must begin with https://");
    }
    if (has_control(text) || text.find(' ') != text.npos) throw bad("it holds white space or control characters");
    if (rest.find_first_of("?#") != rest.npos) throw bad("a query or fragment has no place in it");
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view authority = rest.substr(0, slash);
    if (authority.find('@') != authority.npos) throw bad("a user name or password has no place in it");
    HostPort place = split_authority(authority, default_port(url.tls));
    if (place.host.empty()) throw bad("its host or port is not valid");
    url.host = std::move(place.host);
    url.port = std::move(place.port);
    std::string_view path = rest.substr(slash);
    while (path.ends_with('/')) path.remove_suffix(1);
    url.path = path;
    if (!url.tls && !is_loopback_name(url.host)) throw bad("plain http is only allowed to loopback");
    return url;
}

Proxy proxy_for(const BaseUrl& target, std::string_view https_proxy, std::string_view no_proxy) {
    const std::string_view setting = trim(https_proxy);
    if (!target.tls || setting.empty() || is_loopback_name(target.host) || matches_no_proxy(target.host, no_proxy))
        return {};
    std::string_view rest = setting;
    if (const std::size_t scheme = rest.find("://"); scheme != rest.npos) {
        if (lower(rest.substr(0, scheme)) != "http") {
            throw Error{Code::usage,
                        "HTTPS_PROXY names a proxy that ephd cannot use: only http:// proxies are supported"};
        }
        rest.remove_prefix(scheme + 3);
    }
    rest = rest.substr(0, rest.find('/'));
    Proxy proxy;
    if (const std::size_t at = rest.rfind('@'); at != rest.npos) {
        proxy.authorization = base64(decode_percent(rest.substr(0, at)));
        rest.remove_prefix(at + 1);
    }
    HostPort place = split_authority(rest, "80");
    if (place.host.empty())
        throw Error{Code::usage, "HTTPS_PROXY is not a proxy's address"}.hint(
            "Write it like http://proxy.example:3128.");
    proxy.host = std::move(place.host);
    proxy.port = std::move(place.port);
    return proxy;
}

}  // namespace eph
