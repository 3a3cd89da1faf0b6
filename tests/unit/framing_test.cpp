// Where bodies end: what headers say of it, and chunks.
#include <random>
#include <string>
#include <vector>

#include "../support/catch.hpp"
#include "daemon/broker/framing.hpp"

using namespace eph;
using Kind = Framing::Kind;

namespace {

struct Said {
    Kind kind = Kind::none;
    std::uint64_t length = 0;
    int refused = 0;
};

Said request_says(const Fields& fields) {
    try {
        const Framing framing = request_framing(fields);
        return {framing.kind, framing.length, 0};
    } catch (const BadMessage& bad) {
        return {Kind::none, 0, bad.status()};
    }
}

Said response_says(int status, const Fields& fields, const char* method = "GET", int minor_version = 1) {
    try {
        const Framing framing = response_framing({minor_version, status, "", fields}, method);
        return {framing.kind, framing.length, 0};
    } catch (const BadMessage& bad) {
        return {Kind::none, 0, bad.status()};
    }
}

struct Body {
    std::string content;
    std::size_t used = 0;
    bool done = false;
    bool refused = false;
};

// Reads `text` in pieces of these sizes, the last of them again and again.
Body read_chunks(const std::string& text, std::vector<std::size_t> sizes) {
    Body body;
    BodyReader reader{{Kind::chunked, 0}};
    std::size_t turn = 0;
    try {
        while (!reader.done() && body.used < text.size()) {
            const std::size_t size = std::min(sizes[std::min(turn++, sizes.size() - 1)], text.size() - body.used);
            std::string memory = text.substr(body.used, size);
            const auto piece = reader.take(memory.data(), memory.size());
            body.content += piece.content;
            body.used += piece.used;
        }
    } catch (const BadMessage&) {
        body.refused = true;
    }
    body.done = reader.done();
    return body;
}

}  // namespace

TEST_CASE("a request's body is as long as one header says, and two are refused") {
    CHECK(request_says({}).kind == Kind::none);
    CHECK(request_says({{"content-length", "5"}}).length == 5);
    CHECK(request_says({{"Content-Length", "0"}}).kind == Kind::length);
    CHECK(request_says({{"transfer-encoding", "Chunked"}}).kind == Kind::chunked);
    const std::vector<Fields> refused = {
        {{"Content-Length", "5"}, {"Content-Length", "5"}},
        {{"Content-Length", "5"}, {"content-length", "6"}},
        {{"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}},
        {{"Transfer-Encoding", "chunked"}, {"Content-Length", "0"}},
        {{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}},
        {{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "identity"}},
        {{"Transfer-Encoding", "gzip, chunked"}},
        {{"Transfer-Encoding", "chunked, chunked"}},
        {{"Transfer-Encoding", "chunked;a=b"}},
        {{"Transfer-Encoding", "xchunked"}},
        {{"Transfer-Encoding", "identity"}},
        {{"Transfer-Encoding", ""}},
        {{"Transfer-Encoding", "\"chunked\""}},
        {{"Content-Length", ""}},
        {{"Content-Length", "+5"}},
        {{"Content-Length", "-5"}},
        {{"Content-Length", "5, 5"}},
        {{"Content-Length", "5 5"}},
        {{"Content-Length", "0x5"}},
        {{"Content-Length", "5a"}},
        {{"Content-Length", "1e3"}},
        {{"Content-Length", "18446744073709551621"}},
    };
    for (const Fields& fields : refused) {
        INFO(fields[0].name << ": " << fields[0].value);
        CHECK(request_says(fields).refused == 400);
    }
}

TEST_CASE("an answer ends as its status, its headers, or its connection say") {
    CHECK(response_says(200, {{"Content-Length", "7"}}).length == 7);
    CHECK(response_says(200, {{"Transfer-Encoding", "chunked"}}).kind == Kind::chunked);
    CHECK(response_says(200, {}).kind == Kind::to_end);
    CHECK(response_says(200, {{"Content-Length", "7"}}, "HEAD").kind == Kind::none);
    CHECK(response_says(204, {}).kind == Kind::none);
    CHECK(response_says(304, {{"Content-Length", "7"}}).kind == Kind::none);
    CHECK(response_says(200, {{"Content-Length", "7"}, {"Transfer-Encoding", "chunked"}}).refused == 502);
    CHECK(response_says(200, {{"Content-Length", "7"}, {"Content-Length", "7"}}).refused == 502);
    CHECK(response_says(200, {{"Transfer-Encoding", "gzip"}}).refused == 502);
    CHECK(response_says(200, {{"Transfer-Encoding", "chunked"}}, "GET", 0).refused == 502);
}

TEST_CASE("a body of a known length takes no more than its own") {
    BodyReader reader{{Kind::length, 5}};
    std::string first = "abc";
    CHECK(reader.take(first.data(), first.size()).content == "abc");
    CHECK_FALSE(reader.done());
    std::string rest = "deGET /";
    const auto piece = reader.take(rest.data(), rest.size());
    CHECK(piece.content == "de");
    CHECK(piece.used == 2);
    CHECK(reader.done());
    CHECK(BodyReader{{Kind::length, 0}}.done());
    CHECK(BodyReader{}.done());
}

TEST_CASE("only a body that ends with its connection is ended by it") {
    for (const Kind kind : {Kind::length, Kind::chunked, Kind::to_end}) {
        BodyReader reader{{kind, 5}};
        reader.connection_ended();
        CHECK(reader.done() == (kind == Kind::to_end));
    }
}

TEST_CASE("chunks are put together wherever they are split, and their trailers and extensions dropped") {
    const std::string whole =
        "5\r\nhello\r\n1;name=\"value\"\r\n \r\n00006\r\nworld!\r\n9\r\n\r\n0\r\n\r\n0\r\r\n"
        "0\r\nX-Trailer: a\r\nY: \r\n\r\n";
    const std::string expected = "hello world!\r\n0\r\n\r\n0\r";
    const std::string next = "GET / HTTP/1.1\r\n";
    for (std::size_t at = 1; at < whole.size(); ++at) {
        const Body body = read_chunks(whole + next, {at, whole.size() + next.size()});
        INFO("split at " << at);
        REQUIRE(body.content == expected);
        REQUIRE(body.done);
        REQUIRE(body.used == whole.size());
    }
    CHECK(read_chunks(whole, {1}).content == expected);
    CHECK(read_chunks(whole, {1}).done);
}

TEST_CASE("chunks that a laxer reader would take otherwise are refused") {
    for (const char* bad : {
             "\r\nhello\r\n0\r\n\r\n",
             "5\nhello\r\n0\r\n\r\n",
             "5\rhello\r\n0\r\n\r\n",
             "0x5\r\nhello\r\n0\r\n\r\n",
             "+5\r\nhello\r\n0\r\n\r\n",
             "-1\r\nhello\r\n0\r\n\r\n",
             " 5\r\nhello\r\n0\r\n\r\n",
             "5 \r\nhello\r\n0\r\n\r\n",
             "5\t;a\r\nhello\r\n0\r\n\r\n",
             "g\r\nhello\r\n0\r\n\r\n",
             ";a=b\r\nhello\r\n0\r\n\r\n",
             "5\r\nhello0\r\n\r\n",
             "5\r\nhello\n0\r\n\r\n",
             "5\r\nhello\r0\r\n\r\n",
             "5\r\nhelloX\r\n0\r\n\r\n",
             "5;a\nb\r\nhello\r\n0\r\n\r\n",
             "5;a\x01\r\nhello\r\n0\r\n\r\n",
             "FFFFFFFFFFFFFFFF\r\nhello",
             "10000000000000005\r\nhello",
             "0000000000000005\r\nhello\r\n0\r\n\r\n",
             "0\r\nX: a\n\r\n",
             "0\r\nX: \x7f\r\n\r\n",
             "0\r\n\rX",
         }) {
        INFO(bad);
        CHECK(read_chunks(bad, {1}).refused);
        CHECK(read_chunks(bad, {1000}).refused);
    }
    CHECK(read_chunks("5;" + std::string(300, 'a') + "\r\nhello\r\n0\r\n\r\n", {100}).refused);
    CHECK(read_chunks("0\r\n" + std::string(9000, 'a') + "\r\n\r\n", {100}).refused);
}

TEST_CASE("any body survives being chunked and read, however it is split") {
    std::mt19937 random{20261123};
    for (int round = 0; round < 300; ++round) {
        std::string content(random() % 5000, '\0');
        for (char& c : content) c = static_cast<char>(random());
        std::string text;
        for (std::size_t at = 0; at < content.size();) {
            const std::size_t size = std::min<std::size_t>(1 + random() % 700, content.size() - at);
            text.append(ChunkLine{size}.text()).append(content, at, size).append(chunk_end);
            at += size;
        }
        text += last_chunk;
        std::vector<std::size_t> sizes(20);
        for (std::size_t& size : sizes) size = 1 + random() % 900;
        const Body body = read_chunks(text, sizes);
        REQUIRE(body.content == content);
        REQUIRE(body.done);
        REQUIRE(body.used == text.size());
    }
}
