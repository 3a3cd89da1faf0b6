// Addresses of providers and proxies: line by line a base URL, then HTTPS_PROXY and NO_PROXY for it.
#include "common/error.hpp"
#include "common/text.hpp"
#include "daemon/https/url.hpp"
#include "tests/fuzz/support/fuzz.hpp"

namespace eph::fuzz {
namespace {

void check(const BaseUrl& url, std::string_view text) {
    must(url.tls || is_loopback_name(url.host), "without TLS nothing leaves this machine", text);
    must(!has_control(url.text()) && url.text().find(' ') == std::string::npos, "it fits a request's head", text);
    must(url.host.find_first_of("/@?#\\") == std::string::npos && !url.host.empty(), "a host is a host", text);
    must(!url.port.empty() && url.port.find_first_not_of("0123456789") == std::string::npos, "a port is a number",
         text);
    must(parse_base_url(url.text()) == url, "it is read as it was written", text);
}

}  // namespace

void one(std::string_view input) {
    const std::string_view text = take_line(input);
    const std::string_view proxy_text = take_line(input);
    BaseUrl url{true, "api.example.com", "443", "/v1"};
    try {
        url = parse_base_url(text);
        check(url, text);
    } catch (const Error& error) {
        must(error.code() == Code::usage, "a URL that is none is a person's mistake", text);
        must_be_printable(error.message());
    }
    try {
        const Proxy proxy = proxy_for(url, proxy_text, input);
        if (proxy.empty()) return;
        must(!has_control(proxy.host) && !has_control(proxy.authorization), "a proxy's head cannot be broken",
             proxy_text);
        must(proxy.port.find_first_not_of("0123456789") == std::string::npos, "its port is a number", proxy_text);
    } catch (const Error& error) {
        must(error.code() == Code::usage, "a proxy that is none is a person's mistake", proxy_text);
        must_be_printable(error.message());
    }
}

}  // namespace eph::fuzz
