// Bodies of HTTP/1.1: RFC 9112 6 and 7.1.
#include "daemon/broker/framing.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

namespace eph {
namespace {

constexpr std::size_t extension_limit = 256;  // of a chunk; nobody sends any
constexpr std::size_t trailers_limit = 8192;
constexpr unsigned longest_size = 15;  // hexadecimal digits: no sum of such sizes overflows
constexpr std::size_t longest_length = 18;

std::optional<std::uint64_t> parse_length(std::string_view text) {
    if (text.empty() || text.size() > longest_length) return std::nullopt;
    std::uint64_t length = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        length = length * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return length;
}

// What the headers alone say; `kind` is none where they say nothing.
Framing said(const Fields& fields, int status) {
    const std::size_t lengths = count_fields(fields, "Content-Length");
    const std::size_t encodings = count_fields(fields, "Transfer-Encoding");
    if (lengths != 0 && encodings != 0) throw BadMessage{status, "Content-Length and Transfer-Encoding stand together"};
    if (lengths > 1) throw BadMessage{status, "there are two Content-Lengths"};
    if (encodings > 1) throw BadMessage{status, "there are two Transfer-Encodings"};
    if (encodings == 1) {
        if (!same_name(find_field(fields, "Transfer-Encoding")->value, "chunked"))
            throw BadMessage{status, "the Transfer-Encoding is another than chunked"};
        return {Framing::Kind::chunked, 0};
    }
    if (lengths == 0) return {};
    const auto length = parse_length(find_field(fields, "Content-Length")->value);
    if (!length) throw BadMessage{status, "the Content-Length is not a number of bytes"};
    return {Framing::Kind::length, *length};
}

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

}  // namespace

Framing request_framing(const Fields& fields) { return said(fields, 400); }

Framing response_framing(const ResponseHead& head, std::string_view method) {
    Framing framing = said(head.fields, 502);
    if (framing.kind == Framing::Kind::chunked && head.minor_version == 0)
        throw BadMessage{502, "its answer of HTTP/1.0 is chunked"};
    const bool bodiless = method == "HEAD" || head.status < 200 || head.status == 204 || head.status == 304;
    if (bodiless) return {};
    if (framing.kind == Framing::Kind::none) framing.kind = Framing::Kind::to_end;
    return framing;
}

BodyReader::BodyReader(Framing framing) : kind_(framing.kind), left_(framing.length) {
    done_ = kind_ == Framing::Kind::none || (kind_ == Framing::Kind::length && left_ == 0);
}

BodyReader::Piece BodyReader::take(char* data, std::size_t size) {
    if (done_) return {};
    if (kind_ == Framing::Kind::chunked) return take_chunks(data, size);
    if (kind_ == Framing::Kind::to_end) return {{data, size}, size};
    const std::size_t part = static_cast<std::size_t>(std::min<std::uint64_t>(left_, size));
    left_ -= part;
    done_ = left_ == 0;
    return {{data, part}, part};
}

BodyReader::Piece BodyReader::take_chunks(char* data, std::size_t size) {
    char* content = data;  // where it begins: at the first chunk's, so that a single one is not moved
    std::size_t gathered = 0;
    std::size_t at = 0;
    while (at < size && !done_) {
        if (step_ != Step::data) {
            step(data[at++]);
            continue;
        }
        const std::size_t part = static_cast<std::size_t>(std::min<std::uint64_t>(left_, size - at));
        if (gathered == 0) {
            content = data + at;
        } else {
            std::memmove(content + gathered, data + at, part);
        }
        gathered += part;
        at += part;
        left_ -= part;
        if (left_ == 0) step_ = Step::data_end;
    }
    return {{content, gathered}, at};
}

void BodyReader::step(char c) {
    if (awaits_lf_) {
        if (c != '\n') throw BadMessage{400, "a line of the chunked body does not end in CR LF"};
        awaits_lf_ = false;
        if (step_ == Step::data_end) {
            step_ = Step::size;
        } else if (step_ == Step::trailer) {
            end_of_trailer_line();
        } else {
            end_of_size();
        }
        return;
    }
    if (c == '\r') {
        if (step_ == Step::size && digits_ == 0) throw BadMessage{400, "a chunk has no size"};
        awaits_lf_ = true;
        return;
    }
    switch (step_) {
        case Step::size:
            if (const auto digit = hex_digit(c); digit && digits_ < longest_size) {
                left_ = left_ * 16 + *digit;
                ++digits_;
                return;
            }
            if (c != ';' || digits_ == 0) throw BadMessage{400, "a chunk's size is not a number"};
            step_ = Step::extension;
            in_line_ = 0;
            return;
        case Step::extension:
            if (is_control(c) || ++in_line_ > extension_limit) throw BadMessage{400, "a chunk's extension is refused"};
            return;
        case Step::trailer:
            if (is_control(c) || ++in_line_ > trailers_limit) throw BadMessage{400, "the body's trailers are refused"};
            ++trailer_;
            return;
        case Step::data_end:
        case Step::data:
            throw BadMessage{400, "a chunk is longer than its size"};
    }
}

void BodyReader::end_of_size() {
    digits_ = 0;
    in_line_ = trailer_ = 0;
    step_ = left_ == 0 ? Step::trailer : Step::data;
}

void BodyReader::end_of_trailer_line() {
    if (trailer_ == 0) done_ = true;
    trailer_ = 0;
}

ChunkLine::ChunkLine(std::uint64_t size) {
    const auto [end, error] = std::to_chars(text_.data(), text_.data() + text_.size() - chunk_end.size(), size, 16);
    std::copy(chunk_end.begin(), chunk_end.end(), end);
    size_ = static_cast<std::size_t>(end - text_.data()) + chunk_end.size();
}

}  // namespace eph
