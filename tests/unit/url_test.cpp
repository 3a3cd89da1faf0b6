// Where a credential may go.
#include "daemon/https/url.hpp"

#include "tests/support/error_of.hpp"

using namespace eph;
using namespace eph::test;

TEST_CASE("a base URL is taken apart and put together again") {
    struct Row {
        const char* text;
        BaseUrl url;
        const char* again;
    };
    const Row table[] = {
        {"https://api.openai.com/v1", {true, "api.openai.com", "443", "/v1"}, "https://api.openai.com/v1"},
        {"https://api.openai.com/v1/", {true, "api.openai.com", "443", "/v1"}, "https://api.openai.com/v1"},
        {"HTTPS://API.OpenAI.com:443/v1//", {true, "api.openai.com", "443", "/v1"}, "https://api.openai.com/v1"},
        {"https://eu.api.openai.com", {true, "eu.api.openai.com", "443", ""}, "https://eu.api.openai.com"},
        {"https://gateway.example:8443/a/b",
         {true, "gateway.example", "8443", "/a/b"},
         "https://gateway.example:8443/a/b"},
        {"https://[2001:db8::1]/v1", {true, "2001:db8::1", "443", "/v1"}, "https://[2001:db8::1]/v1"},
        {"https://[2001:DB8::1]:8443", {true, "2001:db8::1", "8443", ""}, "https://[2001:db8::1]:8443"},
        {"https://10.0.0.1/v1", {true, "10.0.0.1", "443", "/v1"}, "https://10.0.0.1/v1"},
        {"http://127.0.0.1:8080/v1", {false, "127.0.0.1", "8080", "/v1"}, "http://127.0.0.1:8080/v1"},
        {"http://127.8.9.10/v1", {false, "127.8.9.10", "80", "/v1"}, "http://127.8.9.10/v1"},
        {"http://localhost:1/v1", {false, "localhost", "1", "/v1"}, "http://localhost:1/v1"},
        {"http://[::1]:8080/v1", {false, "::1", "8080", "/v1"}, "http://[::1]:8080/v1"},
        {"https://host:80/v1", {true, "host", "80", "/v1"}, "https://host:80/v1"},
    };
    for (const Row& row : table) {
        INFO(row.text);
        const BaseUrl url = parse_base_url(row.text);
        CHECK((url == row.url));
        CHECK(url.text() == row.again);
        CHECK((parse_base_url(url.text()) == url));
    }
}

TEST_CASE("a credential never goes out in plain text, or to somewhere unclear") {
    const std::pair<const char*, const char*> table[] = {
        {"", "it must begin with https://"},
        {"api.openai.com/v1", "it must begin with https://"},
        {"ftp://api.openai.com", "it must begin with https://"},
        {"https:/api.openai.com", "it must begin with https://"},
        {" https://api.openai.com", "it must begin with https://"},
        {"http://api.openai.com/v1", "plain http is only allowed to loopback"},
        {"http://10.0.0.1/v1", "plain http is only allowed to loopback"},
        {"http://localhost.example.com/v1", "plain http is only allowed to loopback"},
        {"http://127.0.0.1.example.com/v1", "plain http is only allowed to loopback"},
        {"http://0.0.0.0/v1", "plain http is only allowed to loopback"},
        {"http://[::]/v1", "plain http is only allowed to loopback"},
        {"http://127.1/v1", "plain http is only allowed to loopback"},
        {"http://0x7f000001/v1", "plain http is only allowed to loopback"},
        {"https://user@api.openai.com", "a user name or password has no place in it"},
        {"https://user:pass@api.openai.com", "a user name or password has no place in it"},
        {"http://127.0.0.1@evil.example", "a user name or password has no place in it"},
        {"https://api.openai.com/v1?x=1", "a query or fragment has no place in it"},
        {"https://api.openai.com#x", "a query or fragment has no place in it"},
        {"https://evil.example?@api.openai.com", "a query or fragment has no place in it"},
        {"https://", "its host or port is not valid"},
        {"https:///v1", "its host or port is not valid"},
        {"https://:443/v1", "its host or port is not valid"},
        {"https://host:", "its host or port is not valid"},
        {"https://host:0", "its host or port is not valid"},
        {"https://host:65536", "its host or port is not valid"},
        {"https://host:99999999999", "its host or port is not valid"},
        {"https://host:80x", "its host or port is not valid"},
        {"https://host:-1", "its host or port is not valid"},
        {"https://a:b:c", "its host or port is not valid"},
        {"https://::1/v1", "its host or port is not valid"},
        {"https://[::1/v1", "its host or port is not valid"},
        {"https://[::1]x/v1", "its host or port is not valid"},
        {"https://[]/v1", "its host or port is not valid"},
        {"https://ex\\ample/v1", "its host or port is not valid"},
        {"https://ex%61mple/v1", "its host or port is not valid"},
        {"https://\xc3\xbc.example/v1", "its host or port is not valid"},
        {"https://api.openai.com/v 1", "it holds white space or control characters"},
        {"https://api.openai.com/v1\r\nX: y", "it holds white space or control characters"},
        {"https://api.openai.com\t/v1", "it holds white space or control characters"},
    };
    for (const auto& [text, why] : table) {
        INFO(text);
        const Error error = error_of([&] { parse_base_url(text); });
        CHECK(error.code() == Code::usage);
        CHECK_THAT(error.message(), Catch::Matchers::EndsWith(std::string{"cannot be a base URL: "} + why));
        CHECK(error.hint() == "Write it like https://api.openai.com/v1.");
    }
    CHECK(error_of([] { parse_base_url("http://api.openai.com/v1"); }).message() ==
          "'http://api.openai.com/v1' cannot be a base URL: plain http is only allowed to loopback");
}

TEST_CASE("a proxy is found as curl finds it") {
    struct Row {
        const char* target;
        const char* https_proxy;
        const char* no_proxy;
        const char* host;  // "": no proxy
        const char* port;
        const char* authorization;
    };
    const Row table[] = {
        {"https://api.openai.com", "", "", "", "", ""},
        {"https://api.openai.com", "http://proxy:3128", "", "proxy", "3128", ""},
        {"https://api.openai.com", "proxy:3128", "", "proxy", "3128", ""},
        {"https://api.openai.com", "http://proxy:3128/", "", "proxy", "3128", ""},
        {"https://api.openai.com", " http://proxy:3128 ", "", "proxy", "3128", ""},
        {"https://api.openai.com", "http://[::1]:3128", "", "::1", "3128", ""},
        {"https://api.openai.com", "http://user:pass@proxy:3128", "", "proxy", "3128", "dXNlcjpwYXNz"},
        {"https://api.openai.com", "http://us%40er:p%3Aa%2Fs@proxy:3128", "", "proxy", "3128", "dXNAZXI6cDphL3M="},
        {"https://api.openai.com", "http://proxy:3128", "*", "", "", ""},
        {"https://api.openai.com", "http://proxy:3128", "openai.com", "", "", ""},
        {"https://api.openai.com", "http://proxy:3128", ".openai.com", "", "", ""},
        {"https://api.openai.com", "http://proxy:3128", "a, API.OpenAI.com ,b", "", "", ""},
        {"https://api.openai.com", "http://proxy:3128", "penai.com", "proxy", "3128", ""},
        {"https://api.openai.com", "http://proxy:3128", "i.openai.com", "proxy", "3128", ""},
        {"https://api.openai.com", "http://proxy:3128", "openai.com.evil,,", "proxy", "3128", ""},
        {"https://localhost:8443", "http://proxy:3128", "", "", "", ""},
        {"https://127.0.0.1:8443", "http://proxy:3128", "", "", "", ""},
        {"http://127.0.0.1:8080", "http://proxy:3128", "", "", "", ""},
    };
    for (const Row& row : table) {
        INFO(row.target << " " << row.https_proxy << " " << row.no_proxy);
        const Proxy proxy = proxy_for(parse_base_url(row.target), row.https_proxy, row.no_proxy);
        CHECK(proxy.host == row.host);
        CHECK(proxy.port == row.port);
        CHECK(proxy.authorization == row.authorization);
    }
}

TEST_CASE("a proxy that cannot be used is told, and its password is not") {
    const BaseUrl target = parse_base_url("https://api.openai.com/v1");
    CHECK(error_of([&] { proxy_for(target, "socks5://me:hush@proxy:1080", ""); }).message() ==
          "HTTPS_PROXY names a proxy that ephd cannot use: only http:// proxies are supported");
    const Error error = error_of([&] { proxy_for(target, "http://me:hush@pro xy:1", ""); });
    CHECK(error.message() == "HTTPS_PROXY is not a proxy's address");
    CHECK(error.hint() == "Write it like http://proxy.example:3128.");
}
