// The model endpoints: whose key they take, and that they say the same thing in each provider's own words.
#include <sstream>

#include "http_client.hpp"
#include "sim_process.hpp"
#include "tests/support/catch.hpp"

namespace eph::contract {
namespace {

const std::string kAccounts = "/v1/organization/projects/proj_sim/service_accounts";
constexpr const char* kAdmin = "Authorization: Bearer sk-admin-sim";
constexpr const char* kSaid = "sim: You said: hello there";

std::string new_key(HttpClient& client) {
    const auto created =
        client.call("POST", kAccounts, R"({"name": "eph-a", "expires_in_seconds": 60})", kAdmin).json();
    return created.at("api_key").at("value");
}

// The data of each server-sent event; "[DONE]" is left out.
std::vector<nlohmann::json> events(const Reply& reply) {
    std::vector<nlohmann::json> all;
    std::istringstream lines{reply.body};
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("data: {")) all.push_back(nlohmann::json::parse(line.substr(6)));
    return all;
}

std::string joined(const std::vector<nlohmann::json>& events, const char* pointer) {
    const nlohmann::json::json_pointer at{pointer};
    std::string text;
    for (const auto& event : events)
        if (event.contains(at)) text += event.at(at).get<std::string>();
    return text;
}

}  // namespace

TEST_CASE("a key works until its account is deleted, and is then refused") {
    const SimProcess sim;
    HttpClient client{sim.port()};
    const auto created = client.call("POST", kAccounts, R"({"name": "eph-a"})", kAdmin).json();
    const std::string credential = "Authorization: Bearer " + created.at("api_key").at("value").get<std::string>();
    const auto ask = [&] { return client.call("POST", "/v1/responses", R"({"input": "hi"})", credential).status; };
    CHECK(ask() == 200);
    const auto state = client.call("GET", "/_sim/state").json();
    CHECK(state.at("accounts")[0].at("keys")[0].at("last_used_at").is_number());
    CHECK(client.call("DELETE", kAccounts + "/" + created.at("id").get<std::string>(), {}, kAdmin).status == 200);
    CHECK(ask() == 401);
}

TEST_CASE("a key is refused once it has expired") {
    const SimProcess sim;
    HttpClient client{sim.port()};
    const std::string credential = "x-api-key: " + new_key(client);
    CHECK(client.call("GET", "/v1/models", {}, credential).status == 200);
    client.call("POST", "/_sim/clock", R"({"advance_seconds": 60})");
    CHECK(client.call("GET", "/v1/models", {}, credential).status == 401);
}

TEST_CASE("every endpoint takes the key in any of the three headers, and nothing else") {
    const SimProcess sim{{"--model-key", "sk-plain"}};
    HttpClient client{sim.port()};
    const std::string key = new_key(client);
    for (const char* path : {"/v1/responses", "/v1/chat/completions", "/v1/messages",
                             "/anthropic/v1/messages?beta=true", "/v1beta/models/gemini-2.5-pro:generateContent"}) {
        INFO(path);
        for (const char* header : {"Authorization: Bearer ", "x-api-key: ", "x-goog-api-key: "})
            CHECK(client.call("POST", path, "{}", header + key).status == 200);
        CHECK(client.call("POST", path, "{}", "x-api-key: sk-plain").status == 200);
        // Google says 400 to a key that it does not know.
        const unsigned refused = std::string_view{path}.starts_with("/v1beta") ? 400U : 401U;
        CHECK(client.call("POST", path, "{}", "x-api-key: sk-other").status == refused);
        CHECK(client.call("POST", path, "{}", "").status == refused);
        CHECK(client.call("POST", path, "{}", kAdmin).status == refused);
        CHECK(client.call("POST", path, "{", "x-api-key: " + key).status == 400);
    }
}

TEST_CASE("OpenAI's Responses API answers whole and streamed") {
    const SimProcess sim;
    HttpClient client{sim.port()};
    const std::string credential = "Authorization: Bearer " + new_key(client);
    const std::string input = R"([{"role": "user", "content": [{"type": "input_text", "text": "hello there"}]}])";
    const auto whole =
        client.call("POST", "/v1/responses", R"({"model": "m", "input": )" + input + "}", credential).json();
    CHECK(whole.at("output")[0].at("content")[0].at("text") == kSaid);
    CHECK(whole.at("usage").at("output_tokens") == 5);
    const Reply reply =
        client.call("POST", "/v1/responses", R"({"model": "m", "stream": true, "input": )" + input + "}", credential);
    CHECK(reply.header("Content-Type").starts_with("text/event-stream"));
    const auto streamed = events(reply);
    CHECK(joined(streamed, "/delta") == kSaid);
    CHECK(streamed.front().at("type") == "response.created");
    CHECK(streamed.back().at("type") == "response.completed");
    CHECK(streamed.back().at("response").at("usage") == whole.at("usage"));
}

TEST_CASE("Chat Completions answers whole and streamed") {
    const SimProcess sim;
    HttpClient client{sim.port()};
    const std::string credential = "Authorization: Bearer " + new_key(client);
    const std::string messages = R"("messages": [{"role": "user", "content": "hello there"}])";
    const auto whole = client.call("POST", "/v1/chat/completions", "{" + messages + "}", credential).json();
    CHECK(whole.at("choices")[0].at("message").at("content") == kSaid);
    const std::string streaming = R"({"stream": true, "stream_options": {"include_usage": true}, )" + messages + "}";
    const Reply reply = client.call("POST", "/v1/chat/completions", streaming, credential);
    CHECK(joined(events(reply), "/choices/0/delta/content") == kSaid);
    CHECK(events(reply).back().at("usage") == whole.at("usage"));
    CHECK(reply.body.ends_with("data: [DONE]\n\n"));
}

TEST_CASE("Anthropic's Messages API answers whole and streamed") {
    const SimProcess sim;
    HttpClient client{sim.port()};
    const std::string credential = "x-api-key: " + new_key(client);
    const std::string messages =
        R"("messages": [{"role": "user", "content": [{"type": "text", "text": "hello there"}]}])";
    const auto whole = client.call("POST", "/v1/messages", "{" + messages + "}", credential).json();
    CHECK(whole.at("content")[0].at("text") == kSaid);
    const auto streamed =
        events(client.call("POST", "/v1/messages", R"({"stream": true, )" + messages + "}", credential));
    CHECK(joined(streamed, "/delta/text") == kSaid);
    CHECK(streamed.front().at("type") == "message_start");
    CHECK(streamed.back().at("type") == "message_stop");
    CHECK(streamed[streamed.size() - 2].at("usage") == whole.at("usage"));
}

TEST_CASE("Gemini answers whole and streamed") {
    const SimProcess sim;
    HttpClient client{sim.port()};
    const std::string credential = "x-goog-api-key: " + new_key(client);
    const std::string body = R"({"contents": [{"role": "user", "parts": [{"text": "hello there"}]}]})";
    const std::string model = "/v1beta/models/gemini-2.5-pro";
    const auto whole = client.call("POST", model + ":generateContent", body, credential).json();
    CHECK(whole.at("candidates")[0].at("content").at("parts")[0].at("text") == kSaid);
    const auto streamed = events(client.call("POST", model + ":streamGenerateContent?alt=sse", body, credential));
    CHECK(joined(streamed, "/candidates/0/content/parts/0/text") == kSaid);
    CHECK(streamed.back().at("usageMetadata") == whole.at("usageMetadata"));
}

TEST_CASE("Gemini that is asked for JSON answers with a document of that schema") {
    const SimProcess sim{{"--model-key", "k"}};
    HttpClient client{sim.port()};
    const std::string body =
        R"({"contents": [{"role": "user", "parts": [{"text": "hello there"}]}], "generationConfig": {
            "responseMimeType": "application/json", "responseJsonSchema": {"type": "OBJECT", "properties": {
            "why": {"type": "STRING"}, "choice": {"type": "string", "enum": ["flash", "pro"]},
            "score": {"type": "INTEGER"}}}}})";
    const auto said =
        client.call("POST", "/v1beta/models/gemini-2.5-pro:generateContent", body, "x-goog-api-key: k").json();
    const std::string text = said.at("candidates")[0].at("content").at("parts")[0].at("text");
    CHECK(nlohmann::json::parse(text) == nlohmann::json{{"why", kSaid}, {"choice", "flash"}, {"score", 1}});
}

TEST_CASE("the reply is what --reply says, and repeats no more than 200 characters otherwise") {
    const SimProcess fixed{{"--reply", "always this", "--model-key", "k"}};
    HttpClient client{fixed.port()};
    const auto said = client.call("POST", "/v1/responses", R"({"input": "hi"})", "x-api-key: k").json();
    CHECK(said.at("output")[0].at("content")[0].at("text") == "sim: always this");

    const SimProcess repeating{{"--model-key", "k"}};
    HttpClient other{repeating.port()};
    std::string umlauts;
    for (int i = 0; i < 300; ++i) umlauts += "\u00fc";
    const nlohmann::json body = {{"input", umlauts}};
    const auto repeated = other.call("POST", "/v1/responses", body.dump(), "x-api-key: k").json();
    CHECK(repeated.at("output")[0].at("content")[0].at("text") == "sim: You said: " + umlauts.substr(0, 400));
}

TEST_CASE("a WebSocket on the Responses API is refused with 426") {
    const SimProcess sim{{"--model-key", "k"}};
    HttpClient client{sim.port()};
    CHECK(client.call("GET", "/v1/responses", {}, "x-api-key: k").status == 405);
    CHECK(client.call("GET", "/v1/responses", {}, "Upgrade: websocket\nx-api-key: k").status == 426);
}

}  // namespace eph::contract
