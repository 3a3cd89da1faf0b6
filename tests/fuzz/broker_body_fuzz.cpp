// The framing of bodies: the first line is "chunked", "to-end" or a length, the rest what came. Beside Beast's parser,
// which must not see another body behind the same bytes.
#include <algorithm>
#include <charconv>
#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "daemon/broker/framing.hpp"
#include "tests/fuzz/support/fuzz.hpp"

namespace eph::fuzz {
namespace {

namespace http = boost::beast::http;

struct Body {
    std::string content;
    std::size_t used = 0;
    bool done = false;
};

Framing framing_of(std::string_view line) {
    if (line == "chunked") return {Framing::Kind::chunked, 0};
    if (line == "to-end") return {Framing::Kind::to_end, 0};
    Framing framing{Framing::Kind::length, 0};
    std::from_chars(line.data(), line.data() + line.size(), framing.length);
    return framing;
}

void take(BodyReader& reader, std::string_view piece, Body& body) {
    if (reader.done()) return;
    std::string memory{piece};
    const BodyReader::Piece taken = reader.take(memory.data(), memory.size());
    must(taken.used <= memory.size(), "no more is used than was given");
    must(taken.used == memory.size() || reader.done(), "only an end leaves anything over");
    const std::string_view all{memory};
    must(taken.content.empty() || (taken.content.data() >= all.data() &&
                                   taken.content.data() + taken.content.size() <= all.data() + all.size()),
         "the content is within what was given");
    body.content += taken.content;
    body.used += taken.used;
    body.done = reader.done();
}

std::optional<Body> whole(Framing framing, std::string_view text) {
    BodyReader reader{framing};
    Body body;
    body.done = reader.done();
    try {
        take(reader, text, body);
    } catch (const BadMessage&) {
        return std::nullopt;
    }
    return body;
}

std::optional<Body> in_parts(Framing framing, std::string_view text) {
    BodyReader reader{framing};
    Body body;
    body.done = reader.done();
    try {
        in_pieces(text, [&](std::string_view piece) { take(reader, piece, body); });
    } catch (const BadMessage&) {
        return std::nullopt;
    }
    return body;
}

// Sent on in chunks of ours it is still the same.
void check_own_chunks(const Body& body) {
    std::string sent;
    in_pieces(body.content, [&](std::string_view piece) {
        sent += ChunkLine{piece.size()}.text();
        sent += piece;
        sent += chunk_end;
    });
    sent += last_chunk;
    const auto again = whole({Framing::Kind::chunked, 0}, sent);
    must(again && again->done && again->used == sent.size(), "our own chunks can be read", sent);
    must(again->content == body.content, "and hold what was put in", sent);
}

void compare_with_beast(const Body& body, std::string_view text) {
    http::response_parser<http::string_body> parser;
    parser.eager(true);
    const std::string message = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string{text};
    boost::system::error_code failure;
    std::size_t used = 0;
    while (used < message.size() && !parser.is_done()) {
        const std::size_t now = parser.put(boost::asio::buffer(message.data() + used, message.size() - used), failure);
        used += now;
        if (failure || now == 0) break;
    }
    if (failure || !parser.is_done() || !body.done)
        return;  // it may refuse what ours passes over, and ours what it does
    must(parser.get().body() == body.content, "two readers see the same body", text);
    must(used == message.size() - text.size() + body.used, "and the same end", text);
}

}  // namespace

void one(std::string_view input) {
    const Framing framing = framing_of(take_line(input));
    const auto body = whole(framing, input);
    const auto cut = in_parts(framing, input);
    must(body.has_value() == cut.has_value(), "it is refused or not, however it came", input);
    if (!body) return;
    must(body->content == cut->content && body->used == cut->used && body->done == cut->done,
         "the body does not depend on how it came", input);
    check_own_chunks(*body);
    if (framing.kind == Framing::Kind::chunked) compare_with_beast(*body, input);
}

}  // namespace eph::fuzz
