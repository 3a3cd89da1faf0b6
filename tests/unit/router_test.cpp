// Which handler a request goes to.
#include "daemon/api/router.hpp"

#include "tests/support/error_of.hpp"

using namespace eph;
using namespace eph::test;

namespace {

ApiRequest request(const char* method, const char* path) {
    ApiRequest result;
    result.method = method;
    result.path = path;
    return result;
}

std::string_view pattern_of(const char* method, const char* path) {
    ApiRequest wanted = request(method, path);
    return find_route(wanted).pattern;
}

}  // namespace

TEST_CASE("each route is found, with what stands in its placeholders") {
    CHECK(pattern_of("GET", "/v1/status") == "/v1/status");
    CHECK(pattern_of("GET", "/metrics") == "/metrics");
    CHECK(pattern_of("POST", "/v1/sessions") == "/v1/sessions");
    CHECK(pattern_of("DELETE", "/v1/sessions/abc") == "/v1/sessions/{id}");
    CHECK(pattern_of("GET", "/v1/sessions/abc/lease") == "/v1/sessions/{id}/lease");
    CHECK(pattern_of("POST", "/v1/accounts/openai/check?live=1") == "/v1/accounts/{provider}/check");
    ApiRequest wanted = request("DELETE", "/v1/keys/k%2F1%20x?a=1&b=x%26y&c&=d&a=2");
    CHECK(find_route(wanted).pattern == "/v1/keys/{id}");
    CHECK(wanted.param("id") == "k/1 x");
    CHECK(wanted.param("nothing").empty());
    CHECK(wanted.path == "/v1/keys/k%2F1%20x");
    CHECK(wanted.query_value("b") == "x&y");
    CHECK(wanted.query_value("c").empty());
    CHECK(wanted.query_value("nothing").empty());
}

TEST_CASE("a path that is not there is named") {
    for (const char* path :
         {"/", "", "/v1", "/v1/", "/v1/status/", "/v1//status", "/v2/status", "/v1/keys/", "/v1/keys/a/b", "v1/status",
          "*", "http://localhost/v1/status", "/v1/STATUS", "/v1/sessions//lease", "/v1/%73tatus"}) {
        INFO(path);
        ApiRequest wanted = request("GET", path);
        const Error error = error_of([&] { find_route(wanted); });
        CHECK(error.code() == Code::not_found);
        CHECK(error.message() == "there is no " + std::string{path} + " in this API");
        CHECK(error.hint() == "docs/api.yaml lists what there is.");
    }
}

TEST_CASE("a method that a path does not have is named") {
    ApiRequest wanted = request("PATCH", "/v1/keys/abc");
    CHECK(error_of([&] { find_route(wanted); }).message() == "PATCH is not possible on /v1/keys/abc");
    ApiRequest lower_case = request("get", "/v1/status");
    CHECK(error_of([&] { find_route(lower_case); }).message() == "get is not possible on /v1/status");
}

TEST_CASE("a broken escape stays as it is") {
    for (const char* path : {"/v1/keys/%", "/v1/keys/%2", "/v1/keys/%zz", "/v1/keys/a%"}) {
        ApiRequest wanted = request("GET", path);
        (void)find_route(wanted);
        CHECK(wanted.param("id") == std::string{path}.substr(9));
    }
    ApiRequest nul = request("GET", "/v1/keys/a%00b");
    (void)find_route(nul);
    CHECK(nul.param("id") == std::string{"a\0b", 3});
}

TEST_CASE("what a path holds does not reach a terminal as it is") {
    ApiRequest wanted = request("GET", "/v1/\x1b[2J");
    CHECK(error_of([&] { find_route(wanted); }).message() == "there is no /v1/[2J in this API");
}
