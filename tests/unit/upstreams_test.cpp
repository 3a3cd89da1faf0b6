// What the broker relays for each provider, and how it says no.
#include "daemon/broker/upstreams.hpp"

#include <set>

#include <nlohmann/json.hpp>

#include "daemon/broker/refusal.hpp"
#include "daemon/broker/request_scan.hpp"
#include "tests/support/error_of.hpp"

using namespace eph;
using namespace eph::test;
using nlohmann::json;

namespace {

const AllowedPath* path_of(const Upstream& upstream, const std::string& line) {
    for (const AllowedPath& each : upstream.paths)
        if (each.method + " " + each.pattern == line) return &each;
    return nullptr;
}

}  // namespace

TEST_CASE("every provider of the table can be relayed to, for inference alone") {
    for (const ProviderRow& row : provider_rows()) {
        INFO(row.name);
        const Upstream upstream = upstream_for(row.name, Config{}, BaseUrl{});
        CHECK(upstream.name == row.name);
        CHECK(upstream.base_path == row.base_path);
        CHECK_FALSE(upstream.paths.empty());
        CHECK_FALSE(upstream.usage.at.empty());
        CHECK(upstream.model.member.empty() == (row.family == ApiFamily::google));
        std::set<std::string> seen;
        for (const AllowedPath& each : upstream.paths) {
            CHECK(seen.insert(each.method + each.pattern).second);
            CHECK((each.method == "GET" || each.method == "POST"));
            CHECK((each.computes ? each.method == "POST" : true));
            for (const char* never : {"organization", "admin", "files", "batches", "keys", "fine_tuning", "assistants"})
                CHECK(each.pattern.find(never) == each.pattern.npos);
        }
    }
    CHECK(upstream_for("gemini", Config{}, BaseUrl{}).name == "google");
    CHECK(upstream_for("anthropic", Config{}, BaseUrl{}).auth.name == "x-api-key");
    CHECK(upstream_for("google", Config{}, BaseUrl{}).auth.name == "x-goog-api-key");
    CHECK(upstream_for("groq", Config{}, BaseUrl{}).auth.prefix == "Bearer ");
}

TEST_CASE("what counts tokens computes nothing, and embeddings put none out") {
    const Upstream openai = upstream_for("openai", Config{}, BaseUrl{});
    const Upstream anthropic = upstream_for("anthropic", Config{}, BaseUrl{});
    const Upstream google = upstream_for("google", Config{}, BaseUrl{});
    CHECK(path_of(openai, "POST /responses")->computes);
    CHECK(path_of(openai, "POST /responses/compact")->computes);
    CHECK_FALSE(path_of(openai, "POST /responses/input_tokens")->computes);
    CHECK_FALSE(path_of(openai, "GET /responses/*")->computes);
    CHECK_FALSE(path_of(openai, "POST /embeddings")->generates);
    CHECK_FALSE(path_of(anthropic, "POST /v1/messages/count_tokens")->computes);
    CHECK(path_of(anthropic, "POST /v1/messages")->generates);
    CHECK_FALSE(path_of(google, "POST /v1beta/models/*:countTokens")->computes);
    CHECK(path_of(google, "POST /v1/models/*:streamGenerateContent")->computes);
    CHECK_FALSE(path_of(google, "POST /v1beta/models/*:embedContent")->generates);
}

TEST_CASE("a configuration changes a row or adds one") {
    Config config;
    ProviderConfig lab;
    lab.name = "my-lab";
    lab.like = "openai";
    lab.paths = {"POST /chat/completions", "GET /models/*", "POST /v2/embed"};
    lab.usage = {"/meta/tokens"};
    lab.usage_input = {"in"};
    lab.model = "deployment";
    config.providers.push_back(lab);
    const Upstream upstream = upstream_for("my-lab", config, parse_base_url("https://lab.example/api"));
    CHECK(upstream.name == "my-lab");
    CHECK(upstream.base.host == "lab.example");
    REQUIRE(upstream.paths.size() == 3);
    CHECK(upstream.paths[0].computes);
    CHECK_FALSE(upstream.paths[1].computes);
    CHECK_FALSE(upstream.paths[2].generates);
    CHECK(upstream.usage.at == std::vector<std::string>{"/meta/tokens"});
    CHECK(upstream.usage.input == std::vector<std::string>{"in"});
    CHECK(upstream.usage.output == upstream_for("openai", config, BaseUrl{}).usage.output);
    CHECK(upstream.model.member == "deployment");
    config.providers[0].model = "path";
    CHECK(upstream_for("my-lab", config, BaseUrl{}).model.member.empty());
    CHECK(error_of([&] { upstream_for("nobody", config, BaseUrl{}); }).code() == Code::usage);
}

TEST_CASE("a path that could not be relayed safely is refused") {
    for (const char* bad : {"", "POST", "POST x", "FETCH /x", "post /x", "POST /a/../b", "POST /a?b", "POST /a%2e",
                            "POST /a b", "POST /a#b", "POST /a\\b", "CONNECT /x"}) {
        INFO(bad);
        CHECK(error_of([&] { parse_allowed_path(bad); }).message() ==
              "'" + std::string{bad} + "' is no path that could be relayed");
    }
}

TEST_CASE("a refusal has its provider's own shape") {
    const Refusal no{403, "budget", "eph: this session's budget of $2.50 is used up", {}};
    const json openai = json::parse(refusal_body(ApiFamily::openai, no));
    CHECK(openai["error"]["message"] == no.message);
    CHECK(openai["error"]["type"] == "permission_error");
    CHECK(openai["error"]["code"] == "eph_budget");
    CHECK(openai["error"]["param"].is_null());
    const json anthropic = json::parse(refusal_body(ApiFamily::anthropic, no));
    CHECK(anthropic["type"] == "error");
    CHECK(anthropic["error"]["type"] == "permission_error");
    CHECK(anthropic["error"]["message"] == no.message);
    const json google = json::parse(refusal_body(ApiFamily::google, no));
    CHECK(google["error"]["code"] == 403);
    CHECK(google["error"]["status"] == "PERMISSION_DENIED");
    CHECK(google["error"]["message"] == no.message);
}

TEST_CASE("each status has the name that its family gives it") {
    struct Row {
        int status;
        const char* openai;
        const char* anthropic;
        const char* google;
    };
    for (const Row& row :
         {Row{400, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"},
          Row{401, "authentication_error", "authentication_error", "UNAUTHENTICATED"},
          Row{404, "invalid_request_error", "not_found_error", "NOT_FOUND"},
          Row{413, "invalid_request_error", "request_too_large", "INVALID_ARGUMENT"},
          Row{426, "invalid_request_error", "invalid_request_error", "FAILED_PRECONDITION"},
          Row{429, "rate_limit_error", "rate_limit_error", "RESOURCE_EXHAUSTED"},
          Row{502, "api_error", "api_error", "UNAVAILABLE"}, Row{503, "api_error", "overloaded_error", "UNAVAILABLE"},
          Row{504, "api_error", "timeout_error", "DEADLINE_EXCEEDED"}}) {
        const Refusal no{row.status, "x", "eph: bad \xff bytes", {}};
        INFO(row.status);
        CHECK(json::parse(refusal_body(ApiFamily::openai, no))["error"]["type"] == row.openai);
        CHECK(json::parse(refusal_body(ApiFamily::anthropic, no))["error"]["type"] == row.anthropic);
        CHECK(json::parse(refusal_body(ApiFamily::google, no))["error"]["status"] == row.google);
    }
}
