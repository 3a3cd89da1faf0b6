// What crosses the relay: paths, queries and headers.
#include <string>

#include "../support/catch.hpp"
#include "daemon/broker/headers.hpp"
#include "daemon/broker/paths.hpp"

using namespace eph;

namespace {

Upstream openai() {
    Upstream upstream;
    upstream.name = "openai";
    upstream.title = "OpenAI";
    upstream.base_path = "/v1";
    upstream.base = parse_base_url("https://gateway.example:8443/openai/v1");
    upstream.paths = {{"POST", "/responses"},         {"POST", "/chat/completions"},
                      {"GET", "/responses/*", false}, {"DELETE", "/responses/*", false},
                      {"GET", "/models", false},      {"GET", "/models/*", false}};
    return upstream;
}

Upstream google() {
    Upstream upstream;
    upstream.name = "google";
    upstream.family = ApiFamily::google;
    upstream.base = parse_base_url("https://generativelanguage.googleapis.com");
    upstream.auth = {"x-goog-api-key", ""};
    upstream.paths = {{"POST", "/v1beta/models/*:generateContent"}, {"GET", "/v1beta/models", false}};
    return upstream;
}

std::string composed(const std::string& target, const std::string& fields, const Upstream& upstream,
                     Framing framing = {}) {
    const std::string text = "POST " + target + " HTTP/1.1\r\nHost: 127.0.0.1:1\r\n" + fields + "\r\n";
    RequestHead head;
    parse_head(text, head);
    const RelayRoute route = find_route(upstream, head.method, head.target);
    REQUIRE(route.allowed != nullptr);
    SecretBuffer out;
    compose_request(out, {head, route.path, route.query, framing, "the-token"}, upstream, "the-key");
    return std::string{out.reveal()};
}

}  // namespace

TEST_CASE("a path of the list leads below the provider's base URL") {
    const Upstream upstream = openai();
    const RelayRoute route = find_route(upstream, "POST", "/openai/v1/responses?a=b&key=secret&c");
    REQUIRE(route.allowed != nullptr);
    CHECK(route.allowed->pattern == "/responses");
    CHECK(route.path == "/responses");
    CHECK(route.query == "a=b&c");
    CHECK(find_route(upstream, "HEAD", "/openai/v1/models").allowed != nullptr);
    CHECK(find_route(upstream, "GET", "/openai/v1/models/ft:gpt-5:org::abc").path == "/models/ft:gpt-5:org::abc");
    CHECK(find_route(google(), "POST", "/google/v1beta/models/gemini-2.5-pro:generateContent?alt=sse").allowed);
}

TEST_CASE("a path with another method is told apart from one that is not relayed") {
    CHECK(find_route(openai(), "PUT", "/openai/v1/responses/resp_1").methods == "GET, DELETE");
    CHECK(find_route(openai(), "TRACE", "/openai/v1/models").methods == "GET");
    CHECK(find_route(openai(), "GET", "/openai/v1/organization/projects").methods.empty());
}

TEST_CASE("a path that a server could resolve to another one is not relayed") {
    for (const char* target : {
             "/",
             "/openai",
             "/openai/",
             "/openai/v1",
             "/openai/v1/",
             "/openaiv1/models",
             "/openai/v1models",
             "/openai/v2/models",
             "/anthropic/v1/models",
             "/models",
             "/v1/models",
             "/OpenAI/v1/models",
             "/openai/v1/Models",
             "/openai/v1/models/",
             "/openai/v1/models/a/b",
             "/openai/v1//models",
             "//openai/v1/models",
             "/openai//v1/models",
             "/openai/v1/./models",
             "/openai/v1/../v1/models",
             "/openai/v1/models/..",
             "/openai/v1/models/.",
             "/openai/v1/models/%2e%2e",
             "/openai/v1/models/%2E",
             "/openai/v1/models/..%2f..",
             "/openai/v1/models/a%2fb",
             "/openai/v1/models/a%2Fb",
             "/openai/v1/models/a%5cb",
             "/openai/v1/models/a\\b",
             "/openai/v1/models/a%00",
             "/openai/v1/models/a%0a",
             "/openai/v1/models/a%",
             "/openai/v1/models/a%2",
             "/openai/v1/models/a%zz",
             "/openai/v1/models/%252e%252e",
             "/openai/v1/models/..;x",
             "/openai/v1/models/;x",
             "/openai/v1/models/a%3fb",
             "/openai/v1/models/%c0%ae%c0%ae",  // dots in more bytes than UTF-8 allows
             "/openai/v1/models/..%fa",
             "/openai/v1/models/a%23b",
             "/openai/v1/%6dodels",
             "/openai/v1/models%2fa",
         }) {
        INFO(target);
        CHECK(find_route(openai(), "GET", target).allowed == nullptr);
    }
    CHECK(find_route(google(), "POST", "/google/v1beta/models/:generateContent").allowed == nullptr);
    CHECK(find_route(google(), "POST", "/google/v1beta/models/a:generateContent:x").allowed == nullptr);
    CHECK(find_route(google(), "POST", "/google/v1beta/models/a/b:generateContent").allowed == nullptr);
    CHECK(find_route(google(), "POST", "/google/v1beta/files:generateContent").allowed == nullptr);
}

TEST_CASE("parameters that hold a credential are found, and taken out, under any spelling of their names") {
    CHECK(without_credentials("key=a&alt=sse&KEY=b&access_token=c&%6bey=d&api_key=e&oauth_token=f") == "alt=sse");
    CHECK(without_credentials("a=1&b=%20&c&&d==") == "a=1&b=%20&c&&d==");
    CHECK(credentials_in("alt=sse&key=a%2Db&access_token=c") == std::vector<std::string>{"a-b", "c"});
    CHECK(credentials_in("monkey=a&key").empty());
}

TEST_CASE("every place where agents put a token is looked at") {
    const std::string text =
        "GET /google/v1beta/models?key=five HTTP/1.1\r\nHost: a\r\nAuthorization: bearer one\r\nX-Api-Key: two\r\n"
        "x-goog-api-key: three\r\napi-key: four\r\nAuthorization: Basic six\r\n\r\n";
    RequestHead head;
    parse_head(text, head);
    CHECK(offered_tokens(head) == std::vector<std::string>{"one", "two", "three", "four", "five"});
}

TEST_CASE("the provider gets its own key and nothing of the agent's credentials, host or connection") {
    const std::string out =
        composed("/openai/v1/responses?key=the-token&a=b",
                 "Authorization: Bearer the-token\r\nx-api-key: the-token\r\nX-Goog-Api-Key: other\r\n"
                 "api-key: x\r\nCookie: a=b\r\nProxy-Authorization: Basic x\r\nProxy-Whatever: x\r\n"
                 "Forwarded: for=1.2.3.4\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Host: h\r\nVia: 1.1 h\r\n"
                 "X-Real-IP: 1.2.3.4\r\nOrigin: http://h\r\nReferer: http://h/\r\n"
                 "Connection: keep-alive, X-Hop\r\nX-Hop: a\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
                 "Trailer: X\r\nUpgrade: h2c\r\nExpect: 100-continue\r\nX-My-Token: a the-token b\r\n"
                 "X-HTTP-Method-Override: DELETE\r\nX-Original-URL: /admin\r\n"
                 "OpenAI-Organization: org-other\r\nOpenAI-Project: proj-other\r\n"
                 "Content-Type: application/json\r\nUser-Agent: agent/1\r\nAccept: text/event-stream\r\n"
                 "OpenAI-Beta: a=b\r\nAccept-Encoding: gzip, br;q=0.5, lzma, zstd;q=0\r\n",
                 openai(), {Framing::Kind::length, 12});
    CHECK(out ==
          "POST /openai/v1/responses?a=b HTTP/1.1\r\nHost: gateway.example:8443\r\nContent-Type: application/json\r\n"
          "User-Agent: agent/1\r\nAccept: text/event-stream\r\nOpenAI-Beta: a=b\r\nAccept-Encoding: gzip, br\r\n"
          "Content-Length: 12\r\nAuthorization: Bearer the-key\r\n\r\n");
}

TEST_CASE("the key stands where its provider looks for it, once") {
    const std::string out = composed("/google/v1beta/models/gemini:generateContent",
                                     "x-goog-api-key: the-token\r\nAuthorization: Bearer the-token\r\n", google(),
                                     {Framing::Kind::chunked, 0});
    CHECK(out ==
          "POST /v1beta/models/gemini:generateContent HTTP/1.1\r\nHost: generativelanguage.googleapis.com\r\n"
          "Accept-Encoding: identity\r\nTransfer-Encoding: chunked\r\nx-goog-api-key: the-key\r\n\r\n");
}

TEST_CASE("an agent is only offered codings in which its usage can be read") {
    const auto codings = [](const std::string& value) { return readable_codings({{"accept-encoding", value}}); };
    CHECK(codings("gzip, deflate, br, zstd") == "gzip, deflate, br, zstd");
    CHECK(codings("GZIP;q=1.0") == "GZIP");
    CHECK(codings("gzip;q=0") == "identity");
    CHECK(codings("gzip;q=0.0, *") == "identity");
    CHECK(codings("gzip;q=0.01") == "gzip");
    CHECK(codings("compress, identity") == "identity");
    CHECK(readable_codings({}) == "identity");
}

TEST_CASE("an answer loses what binds the agent to the provider's host, and what speaks of the connection") {
    ResponseHead head;
    parse_head(
        "HTTP/1.1 200 Fine\r\nContent-Type: a/b\r\nSet-Cookie: a\r\nAlt-Svc: h3\r\nConnection: close, X-Hop\r\nX-Hop: "
        "a\r\n"
        "Transfer-Encoding: chunked\r\nKeep-Alive: a\r\nTrailer: a\r\nx-request-id: 1\r\nretry-after: 5\r\n"
        "Proxy-Authenticate: a\r\nStrict-Transport-Security: a\r\n\r\n",
        head);
    std::string out;
    compose_response(out, head, {Framing::Kind::chunked, 0}, false);
    CHECK(out ==
          "HTTP/1.1 200 Fine\r\nContent-Type: a/b\r\nx-request-id: 1\r\nretry-after: 5\r\nTransfer-Encoding: "
          "chunked\r\n\r\n");
    parse_head("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", head);
    compose_response(out, head, {Framing::Kind::length, 7}, true);
    CHECK(out == "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\n");
    compose_response(out, head, {Framing::Kind::none, 0}, false);  // to HEAD
    CHECK(out == "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n");
    parse_head("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", head);
    compose_response(out, head, {Framing::Kind::none, 0}, false);
    CHECK(out == "HTTP/1.1 204 No Content\r\n\r\n");
}
