// Where the way in which an answer came had made a difference to what was read of it.
#include "daemon/broker/upstreams.hpp"
#include "daemon/broker/usage_scan.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/compress.hpp"
#include "tests/support/pieces.hpp"

using namespace eph;
using namespace eph::test;

TEST_CASE("what stands behind the last gzip member is passed over, however it comes") {
    const Upstream upstream = upstream_for("openai", Config{}, BaseUrl{});
    const std::string packed = compressed("gzip", R"({"usage":{"prompt_tokens":5,"completion_tokens":1}})");
    for (const std::string& behind : {std::string(4, '\0'), std::string{"\x1f\x8b\x08"}, std::string{"\x1f\x8b!"}}) {
        in_all_pieces(packed + behind, [&](auto push) {
            UsageScan scan{upstream, "application/json", "gzip"};
            push(scan);
            CHECK(scan.measured().input == 5);
            CHECK(scan.measured().output == 1);
        });
    }
}

TEST_CASE("a count that is longer than any number was not said, however it comes") {
    const Upstream upstream = upstream_for("openai", Config{}, BaseUrl{});
    const std::string body = "{\"usage\":{\"prompt_tokens\":" + std::string(63, '0') + "1ee,\"completion_tokens\":3}}";
    in_all_pieces(body, [&](auto push) {
        UsageScan scan{upstream, "application/json", ""};
        push(scan);
        CHECK_FALSE(scan.measured().input);
        CHECK(scan.measured().output == 3);
    });
}

TEST_CASE("a long comment in a stream of events weighs the same, however it comes") {
    const Upstream upstream = upstream_for("openai", Config{}, BaseUrl{});
    const std::string events =
        ": " + std::string(200, 'x') + "\n\ndata: {\"a\": \"" + std::string(300, 'y') + "\"}\n\n";
    UsageScan whole{upstream, "text/event-stream", ""};
    whole.push(events);
    in_all_pieces(events, [&](auto push) {
        UsageScan scan{upstream, "text/event-stream", ""};
        push(scan);
        CHECK(scan.measured().guessed_output == whole.measured().guessed_output);
    });
}

TEST_CASE("a line that begins with a CR ends no event, however it comes") {
    const Upstream upstream = upstream_for("openai", Config{}, BaseUrl{});
    const std::string events =
        "data: {\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":3},\n\r: odd\ndata: \"a\":1}\n\n";
    in_all_pieces(events, [&](auto push) {
        UsageScan scan{upstream, "text/event-stream", ""};
        push(scan);
        CHECK(scan.measured().input == 4);
        CHECK(scan.measured().output == 3);
    });
}
