// Usage in answers under any compression, and what cannot be unpacked.
#include "daemon/broker/content_coding.hpp"
#include "daemon/broker/upstreams.hpp"
#include "daemon/broker/usage_scan.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/compress.hpp"
#include "tests/unit/said_usage.hpp"

using namespace eph;
using namespace eph::test;

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
