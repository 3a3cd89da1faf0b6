// The shapes of answers, and the comparison.
#include "tests/unit/said_usage.hpp"

#include "tests/support/catch.hpp"

namespace eph::test {

std::string event(const std::string& data, const char* end) { return "event: x\ndata: " + data + end; }

std::vector<Said> answers() {
    const std::string delta = R"({"choices":[{"delta":{"content":"a \"usage\": {\"x\":1} b"}}],"usage":null})";
    const std::string chat_usage =
        R"({"choices":[],"usage":{"prompt_tokens":20,"completion_tokens":7,"total_tokens":27,"prompt_tokens_details":{"cached_tokens":16}}})";
    const std::string responses =
        R"({"type":"response.completed","response":{"output":[{"usage":9}],"usage":{"input_tokens":36,"input_tokens_details":{"cached_tokens":8,"cache_write_tokens":4},"output_tokens":87,"output_tokens_details":{"reasoning_tokens":80},"total_tokens":123}}})";
    const std::string start =
        R"({"type":"message_start","message":{"content":[],"usage":{"input_tokens":25,"cache_creation_input_tokens":10,"cache_read_input_tokens":100,"output_tokens":1}}})";
    const std::string stop =
        R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":15}})";
    const std::string gemini1 =
        R"({"candidates":[{"content":{"parts":[{"text":"usageMetadata"}]}}],"usageMetadata":{"promptTokenCount":8,"totalTokenCount":8}})";
    const std::string gemini2 =
        R"({"candidates":[{}],"usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":5,"thoughtsTokenCount":30,"cachedContentTokenCount":6,"toolUsePromptTokenCount":2,"totalTokenCount":45}})";
    return {
        {"chat",
         "openai",
         json_type,
         R"({"id":"c","choices":[{"message":{"content":"usage"}}],)" + chat_usage.substr(14),
         20,
         7,
         16,
         {}},
        {"chat, streamed", "openai", sse, event(delta) + event(chat_usage) + "data: [DONE]\n\n", 20, 7, 16, {}},
        {"chat, streamed, not asked for usage",
         "openai",
         sse,
         event(delta) + event(delta) + "data: [DONE]\n\n",
         {},
         {},
         {},
         {}},
        {"responses",
         "openai",
         json_type,
         R"({"usage":{"input_tokens":36,"input_tokens_details":{"cached_tokens":8},"output_tokens":87,"total_tokens":123}})",
         36,
         87,
         8,
         {}},
        {"responses, streamed", "openai", sse,
         event(R"({"type":"response.created","response":{"usage":null}})") + event(R"({"delta":"usage"})") +
             event(responses),
         36, 87, 8, 4},
        {"events with CRLF", "openai", sse,
         "event: a\r\ndata: {\"delta\":\"x\"}\r\n\r\n: ping\r\n\r\ndata: " + responses + "\r\n\r\n", 36, 87, 8, 4},
        {"an event of several lines",
         "openai",
         sse,
         "data: {\"x\":1,\ndata:\"usage\"\ndata: :{\"input_tokens\":3,\ndata: \"output_tokens\":4}}\nid: 7\n\n",
         3,
         4,
         {},
         {}},
        {"an event without a space, without its end", "openai", sse, "data:" + chat_usage + "\n", 20, 7, 16, {}},
        {"embeddings",
         "openai",
         json_type,
         R"({"object":"list","data":[{"embedding":[0.1,-2e-5]}],"usage":{"prompt_tokens":8,"total_tokens":8}})",
         8,
         {},
         {},
         {}},
        {"xAI's thoughts",
         "xai",
         json_type,
         R"({"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115,"completion_tokens_details":{"reasoning_tokens":100}}})",
         10,
         105,
         {},
         {}},
        {"DeepSeek",
         "deepseek",
         json_type,
         R"({"usage":{"prompt_tokens":100,"completion_tokens":5,"total_tokens":105,"prompt_cache_hit_tokens":64,"prompt_cache_miss_tokens":36}})",
         100,
         5,
         64,
         {}},
        {"OpenRouter", "openrouter", sse,
         ": OPENROUTER PROCESSING\n\n" + event(delta) +
             event(
                 R"({"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"cost":0.01,"prompt_tokens_details":{"cached_tokens":0,"cache_write_tokens":3}}})"),
         9, 2, 0, 3},
        {"Groq",
         "groq",
         sse,
         event(delta) + event(R"({"x_groq":{"id":"r","usage":{"prompt_tokens":4,"completion_tokens":6}}})"),
         4,
         6,
         {},
         {}},
        {"Moonshot",
         "moonshotai",
         sse,
         event(R"({"choices":[{"delta":{},"usage":{"prompt_tokens":4,"completion_tokens":6,"cached_tokens":2}}]})"),
         4,
         6,
         2,
         {}},
        {"messages", "anthropic", json_type,
         R"({"content":[],"usage":{"input_tokens":25,"cache_creation_input_tokens":10,"cache_read_input_tokens":100,"output_tokens":15}})",
         135, 15, 100, 10},
        {"messages, streamed", "anthropic", sse, event(start) + event(R"({"type":"ping"})") + event(stop), 135, 15, 100,
         10},
        {"messages, the last word", "anthropic", sse,
         event(start) + event(R"({"usage":{"input_tokens":30,"cache_read_input_tokens":0,"output_tokens":16}})"), 40,
         16, 0, 10},
        {"messages, cut before the output was said",
         "anthropic",
         sse,
         event(start) + event(R"({"type":"ping"})"),
         135,
         {},
         100,
         10},
        {"count_tokens", "anthropic", json_type, R"({"input_tokens":2095})", {}, {}, {}, {}},
        {"Gemini", "google", json_type, gemini2, 10, 35, 6, {}},
        {"Gemini, events", "google", sse, event(gemini1) + event(gemini2), 10, 35, 6, {}},
        {"Gemini, one array", "google", json_type, "[" + gemini1 + "\n,\r\n" + gemini2 + "]", 10, 35, 6, {}},
        {"nothing said is not nothing used",
         "openai",
         json_type,
         R"({"usage":{"prompt_tokens":null,"completion_tokens":"7"}})",
         {},
         {},
         {},
         {}},
        {"no number of tokens",
         "openai",
         json_type,
         R"({"usage":{"prompt_tokens":-5,"completion_tokens":99999999999999}})",
         {},
         {},
         {},
         {}},
        {"an error", "openai", json_type, R"({"error":{"message":"no"}})", {}, {}, {}, {}},
        {"no JSON", "openai", "text/html", "<html>\"usage\":{\"prompt_tokens\":5}</html>", {}, {}, {}, {}},
        {"nothing", "openai", "", "", {}, {}, {}, {}},
    };
}

void check(const Said& said, const Measured& found) {
    CHECK(found.input == said.input);
    CHECK(found.output == said.output);
    CHECK(found.cached == said.cached);
    CHECK(found.cache_written == said.written);
}

}  // namespace eph::test
