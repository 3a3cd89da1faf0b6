// What a request says of itself: its model and its bounds, and what is made of it when it says so twice.
#include "daemon/broker/request_scan.hpp"

#include "daemon/broker/upstreams.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/pieces.hpp"

using namespace eph;
using namespace eph::test;

namespace {

Upstream upstream(const char* provider) { return upstream_for(provider, Config{}, BaseUrl{}); }

RequestFacts facts(const char* provider, const char* pattern, const std::string& body, const char* path = "") {
    RequestScan scan{upstream(provider), AllowedPath{"POST", pattern}, path};
    scan.push(body);
    return scan.facts();
}

RequestFacts chat(const std::string& body) { return facts("openai", "/chat/completions", body); }

}  // namespace

TEST_CASE("the model of a request is found wherever it stands") {
    const std::string body =
        R"({"messages":[{"role":"user","content":"{\"model\":\"other\"}","model":"x"}],"max_tokens":100,"model":"gpt-5"})";
    const Upstream openai = upstream("openai");
    in_all_pieces(body, [&](auto push) {
        RequestScan scan{openai, AllowedPath{"POST", "/chat/completions"}, "/chat/completions"};
        push(scan);
        const RequestFacts facts = scan.facts();
        CHECK(facts.fault.empty());
        CHECK(facts.model == "gpt-5");
        CHECK(facts.most_output == 100);
        CHECK(facts.answers == 1);
        CHECK(facts.body_bytes == body.size());
    });
}

TEST_CASE("a request whose model could be read in two ways is at fault") {
    const std::pair<const char*, const char*> table[] = {
        {R"({"model":"a","model":"b"})", "it names its model more than once"},
        {R"({"model":"a","Model":"b"})", "it names its model more than once"},
        {R"({"model":"a","\u006dodel":"b"})", "it names its model more than once"},
        {R"({"model":"a","MODEL":null})", "it names its model more than once"},
        {R"({"model":["a"]})", "its model is not a text"},
        {R"({"model":null})", "its model is not a text"},
        {R"({"x":1})", "it names no model"},
        {R"([{"model":"a"}])", "it names no model"},
        {R"({"model":"a"}{"model":"b"})", "its body is not one JSON document"},
        {R"({"model":"a")", "its body is not one JSON document"},
        {"model=a", "its body is not one JSON document"},
        {"", "its body is not one JSON document"},
    };
    for (const auto& [body, fault] : table) {
        INFO(body);
        CHECK(chat(body).fault == fault);
    }
    CHECK(chat(R"({"model":")" + std::string(5000, 'a') + R"("})").fault == "its model's name is too long");
}

TEST_CASE("Gemini's model stands in the path, whatever the body says") {
    const auto gemini = [](const char* path, const char* body = "{}") {
        return facts("google", "/v1beta/models/*:generateContent", body, path);
    };
    CHECK(gemini("/v1beta/models/gemini-2.5-pro:generateContent").model == "gemini-2.5-pro");
    CHECK(gemini("/v1beta/models/gemini%2D2.5:generateContent").model == "gemini-2.5");
    CHECK(gemini("/v1beta/models/a:generateContent", R"({"model":"b","model":"c"})").model == "a");
    CHECK(gemini("/v1beta/models/a:generateContent", R"({"model":"b","model":"c"})").fault.empty());
    CHECK(gemini("/v1beta/models/:generateContent").fault == "it names no model");
    CHECK(first_star("/models/*", "/models/x/y") == "x");
    CHECK(first_star("/models/*", "/other/x").empty());
}

TEST_CASE("the bound of an answer is the one that its kind of request goes by") {
    CHECK(chat(R"({"max_tokens":5,"max_completion_tokens":7})").most_output == 7);
    CHECK_FALSE(chat(R"({"max_output_tokens":5})").most_output);
    CHECK(facts("openai", "/responses", R"({"max_output_tokens":5,"max_tokens":9})").most_output == 5);
    CHECK(facts("anthropic", "/v1/messages", R"({"max_tokens":5,"max_completion_tokens":9})").most_output == 5);
    CHECK(facts("google", "x", R"({"generationConfig":{"maxOutputTokens":5,"candidateCount":2}})").most_output == 5);
    CHECK(facts("google", "x", R"({"generationConfig":{"maxOutputTokens":5,"candidateCount":2}})").answers == 2);
    CHECK(facts("google", "x", R"({"generation_config":{"max_output_tokens":6}})").most_output == 6);
}

TEST_CASE("a bound that cannot be relied on is none") {
    for (const char* body : {R"({"max_tokens":1,"max_tokens":100000})", R"({"max_tokens":1,"Max_Tokens":100000})",
                             R"({"max_tokens":"1"})", R"({"max_tokens":-1})", R"({"max_tokens":1.5})",
                             R"({"max_tokens":1e3})", R"({"max_tokens":99999999999999999999})", R"({"max_tokens":1)"}) {
        INFO(body);
        CHECK_FALSE(chat(body).most_output);
    }
    CHECK_FALSE(chat(R"({"max_tokens":null})").most_output);
    CHECK_FALSE(chat("{\"max_tokens\":" + std::string(70, '0') + "1}").most_output);
    CHECK(chat(R"({"n":3,"max_tokens":2})").answers == 3);
    CHECK_FALSE(chat(R"({"n":1,"n":50})").answers);
    CHECK_FALSE(chat(R"({"prompt":["a","b"]})").answers);
    CHECK(chat(R"({"prompt":"a"})").answers == 1);
    CHECK_FALSE(facts("openai", "/responses", R"({"previous_response_id":"resp_1"})").answers);
    CHECK(facts("openai", "/responses", R"({"previous_response_id":null})").answers == 1);
}

TEST_CASE("what escapes counting is seen") {
    CHECK(chat(R"({"background":true})").background);
    CHECK(chat(R"({"background":false,"Background":true})").background);
    CHECK_FALSE(chat(R"({"background":false})").background);
    CHECK_FALSE(chat(R"({})").background);
    CHECK(chat(R"({"service_tier":"priority"})").dearer);
    CHECK(chat(R"({"service_tier":"auto","service_tier":"auto"})").dearer);
    CHECK_FALSE(chat(R"({"service_tier":"default"})").dearer);
    CHECK(chat(R"({"speed":"fast"})").dearer);
}
