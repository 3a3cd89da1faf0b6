// Usage in answers as each provider gives them, in any pieces and of any length.
#include "daemon/broker/usage_scan.hpp"

#include <random>

#include "daemon/broker/upstreams.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/pieces.hpp"
#include "tests/unit/said_usage.hpp"

using namespace eph;
using namespace eph::test;

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
