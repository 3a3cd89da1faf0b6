// How the end of a body is known, and the taking off of that framing, as the body comes.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "daemon/broker/http_head.hpp"

namespace eph {

struct Framing {
    enum class Kind {
        none,     // there is no body
        length,   // Content-Length
        chunked,  // Transfer-Encoding: chunked
        to_end,   // an answer that ends with its connection
    };
    Kind kind = Kind::none;
    std::uint64_t length = 0;
};

// They throw BadMessage: 400 for what a request may not say, 502 for an answer.
Framing request_framing(const Fields& fields);
Framing response_framing(const ResponseHead& head, std::string_view method);

class BodyReader {
public:
    explicit BodyReader(Framing framing = {});

    struct Piece {
        std::string_view content;  // within the memory that was given
        std::size_t used = 0;      // of what was given: less than all of it only where the body has its end
    };
    // Reads what has come. The contents of several chunks are moved together, in place. Throws BadMessage.
    Piece take(char* data, std::size_t size);

    bool done() const { return done_; }
    void connection_ended() { done_ = done_ || kind_ == Framing::Kind::to_end; }

private:
    enum class Step { size, extension, data, data_end, trailer };

    Piece take_chunks(char* data, std::size_t size);
    void step(char c);  // over one character of the framing itself
    void end_of_size();
    void end_of_trailer_line();

    Framing::Kind kind_;
    bool done_ = false;
    std::uint64_t left_ = 0;  // of the body, or of this chunk
    Step step_ = Step::size;
    unsigned digits_ = 0;      // of this chunk's size
    bool awaits_lf_ = false;   // CR has come
    std::size_t in_line_ = 0;  // of an extension, or of all trailers
    std::size_t trailer_ = 0;  // of this line of them
};

// The line before a chunk's content; an empty chunk would be the end of the body, so `size` is never 0.
class ChunkLine {
public:
    explicit ChunkLine(std::uint64_t size);
    std::string_view text() const { return {text_.data(), size_}; }

private:
    std::array<char, 20> text_{};
    std::size_t size_ = 0;
};

inline constexpr std::string_view chunk_end = "\r\n";
inline constexpr std::string_view last_chunk = "0\r\n\r\n";
inline constexpr std::string_view chunk_end_and_last_chunk = "\r\n0\r\n\r\n";

}  // namespace eph
