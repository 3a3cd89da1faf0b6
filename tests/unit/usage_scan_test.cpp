// Usage in answers as each provider gives them, in any pieces and under any compression.
#include "daemon/broker/usage_scan.hpp"

#include "daemon/broker/content_coding.hpp"
#include "daemon/broker/upstreams.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/compress.hpp"
#include "tests/support/pieces.hpp"

using namespace eph;
using namespace eph::test;

namespace {

struct Said {
    const char* name;
    const char* provider;
    const char* type;
    std::string body;
    std::optional<std::int64_t> input, output, cached, written;
};

constexpr const char* json_type = "application/json; charset=utf-8";
constexpr const char* sse = "text/event-stream; charset=utf-8";

std::string event(const std::string& data, const char* end = "\n\n") { return "event: x\ndata: " + data + end; }

// An answer for each shape that is known; what the sums have to be stands behind it.
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

}  // namespace

TEST_CASE("usage is read from every provider's answers however they are cut") {
    for (const Said& said : answers()) {
        INFO(said.name);
        const Upstream upstream = upstream_for(said.provider, Config{}, BaseUrl{});
        in_all_pieces(said.body, [&](auto push) {
            UsageScan scan{upstream, said.type, ""};
            push(scan);
            check(said, scan.measured());
        });
    }
}

TEST_CASE("usage is read through every compression") {
    for (const Said& said : answers()) {
        const Upstream upstream = upstream_for(said.provider, Config{}, BaseUrl{});
        for (const char* coding : {"gzip", "GZIP", "x-gzip", "deflate", "raw deflate", "br", "zstd", "identity"}) {
            INFO(said.name << ", " << coding);
            const std::string packed = compressed(coding, said.body);
            const std::string name = std::string{coding} == "raw deflate" ? "deflate" : coding;
            CHECK(can_read_coding(name));
            for (const std::size_t size : {packed.size(), std::size_t{1}, std::size_t{7}}) {
                UsageScan scan{upstream, said.type, name};
                for (std::size_t at = 0; at < packed.size(); at += size)
                    scan.push(std::string_view{packed}.substr(at, size));
                check(said, scan.measured());
            }
        }
    }
}

TEST_CASE("a stream that is flushed event by event is read event by event") {
    const Upstream upstream = upstream_for("openai", Config{}, BaseUrl{});
    const std::string usage = event(R"({"usage":{"prompt_tokens":20,"completion_tokens":7}})");
    for (const char* coding : {"gzip", "br", "zstd", "deflate"}) {
        INFO(coding);
        UsageScan scan{upstream, sse, coding};
        scan.push(flushed(coding, event(R"({"x":1})") + usage));  // its end has not come
        CHECK(scan.measured().input == 20);
    }
}

TEST_CASE("several gzip members are one body") {
    const Upstream upstream = upstream_for("openai", Config{}, BaseUrl{});
    UsageScan scan{upstream, json_type, "gzip"};
    scan.push(compressed("gzip", R"({"usage":{"prompt_tokens":2)") +
              compressed("gzip", R"(5,"completion_tokens":1}})"));
    CHECK(scan.measured().input == 25);
}

TEST_CASE("several zstd frames are one body, with frames to skip between them, however they come") {
    const Upstream upstream = upstream_for("openai", Config{}, BaseUrl{});
    const std::string skipped{"\x5a\x2a\x4d\x18\x03\0\0\0xyz", 11};
    const std::string packed = skipped + compressed("zstd", R"({"usage":{"prompt_tokens":2)") + skipped +
                               compressed("zstd", R"(5,"completion_tokens":1}})") + skipped;
    for (const std::size_t size : {packed.size(), std::size_t{1}, std::size_t{5}}) {
        UsageScan scan{upstream, json_type, "zstd"};
        for (std::size_t at = 0; at < packed.size(); at += size) scan.push(std::string_view{packed}.substr(at, size));
        CHECK(scan.measured().input == 25);
    }
}

TEST_CASE("what zstd wrote before its format was settled is not read") {
    const std::string packed = std::string{"\x27\xb5\x2f\xfd\x04\x68\x19\x3c\x01\0\xc8", 11} + "what was said";
    const auto decoder = decoder_for("zstd");
    CHECK_FALSE(decoder->decode(packed, [](std::string_view) {}));
    const auto second = decoder_for("zstd");
    CHECK_FALSE(second->decode(compressed("zstd", "{}") + packed, [](std::string_view) {}));
}

TEST_CASE("what cannot be unpacked is unknown") {
    const Upstream upstream = upstream_for("openai", Config{}, BaseUrl{});
    const std::string body = R"({"usage":{"prompt_tokens":5,"completion_tokens":1}})";
    for (const char* coding : {"gzip", "deflate", "br", "zstd", "compress", "gzip, br", "rot13"}) {
        INFO(coding);
        UsageScan scan{upstream, json_type, coding};
        scan.push(body);
        scan.push(body);
        CHECK_FALSE(scan.measured().input);
    }
    CHECK_FALSE(can_read_coding("compress"));
    CHECK_FALSE(can_read_coding("gzip, br"));
    CHECK_FALSE(can_read_coding("*"));
}

TEST_CASE("a bomb is given up on before it costs much") {
    const Upstream upstream = upstream_for("openai", Config{}, BaseUrl{});
    for (const char* coding : {"gzip", "br", "zstd"}) {
        INFO(coding);
        const std::string packed = compressed(
            coding, R"({"usage":{"prompt_tokens":5,"completion_tokens":1},"x":")" + std::string(96 << 20, 'a') + "\"}");
        REQUIRE(packed.size() < (1 << 20));
        UsageScan scan{upstream, json_type, coding};
        scan.push(packed);
        CHECK_FALSE(scan.measured().input);
        CHECK(scan.measured().guessed_output < (60 << 20) / 4);  // of 96 MB
    }
}

TEST_CASE("an answer of any length says its usage at its end, and events of a megabyte are no hindrance") {
    const Upstream upstream = upstream_for("openai", Config{}, BaseUrl{});
    const std::string long_event = event(R"({"delta":")" + std::string(1 << 20, 'x') + "\\\"\"}");
    UsageScan scan{upstream, sse, ""};
    std::string stream;
    for (int i = 0; i < 8; ++i) stream += long_event;
    stream += event(R"({"response":{"text":")" + std::string(3 << 20, 'y') +
                    R"(","usage":{"input_tokens":1,"output_tokens":2}}})");
    for (std::size_t at = 0; at < stream.size(); at += 65'536) scan.push(std::string_view{stream}.substr(at, 65'536));
    CHECK(scan.measured().output == 2);
}

TEST_CASE("an answer that does not say its usage is guessed within reason") {
    const Upstream upstream = upstream_for("openai", Config{}, BaseUrl{});
    UsageScan scan{upstream, sse, ""};
    const std::string envelope(200, 'e');
    for (int i = 0; i < 1000; ++i) {
        scan.push(event(R"({"e":")" + envelope + R"(","content":"word"})"));
        if (i % 10 == 0) scan.push(event(R"({"type":"ping"})"));
    }
    CHECK(scan.measured().guessed_output >= 1000);
    CHECK(scan.measured().guessed_output <= 2500);
    UsageScan plain{upstream, json_type, ""};
    plain.push("{\"text\":\"" + std::string(4000, 'x') + "\"}");
    CHECK(plain.measured().guessed_output >= 1000);
    CHECK(plain.measured().guessed_output <= 1010);
}

TEST_CASE("junk of any kind says nothing and does no harm") {
    const Upstream upstream = upstream_for("anthropic", Config{}, BaseUrl{});
    std::mt19937 random{3};
    for (int i = 0; i < 400; ++i) {
        const char* const codings[] = {"", "gzip", "deflate", "br", "zstd"};
        UsageScan scan{upstream, random() % 2 == 0 ? sse : json_type, codings[random() % 5]};
        for (auto n = random() % 20; n > 0; --n) {
            std::string junk(random() % 300, ' ');
            for (char& c : junk)
                c = static_cast<char>(random() % 3 == 0 ? "{}[]\":,\\\n\rdata"[random() % 14] : random());
            scan.push(junk);
        }
        CHECK_FALSE(scan.measured().input);
    }
}
