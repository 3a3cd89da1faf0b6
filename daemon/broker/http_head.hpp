// The head of an HTTP/1.1 message, read strictly: whatever two programs could understand in two ways is refused, since
// what hides between two understandings is how requests are smuggled (RFC 9112 11.2).
#pragma once

#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "common/text.hpp"

namespace eph {

inline constexpr std::size_t head_limit = std::size_t{64} * 1024;
inline constexpr std::size_t field_limit = 100;

// What is wrong with a message, and the status that says so to whoever sent it.
class BadMessage : public std::exception {
public:
    BadMessage(int status, const char* message) : status_(status), message_(message) {}
    int status() const noexcept { return status_; }
    const char* what() const noexcept override { return message_; }

private:
    int status_;
    const char* message_;  // a literal: nothing that a peer sent is ever part of it
};

// Looks for the empty line behind a head, in text that grows from call to call.
class HeadEnd {
public:
    // The size of the head with that line; 0 while it has not come. Throws BadMessage for a line that does not end in
    // CR LF, and for a head past the limit.
    std::size_t look(std::string_view text);

private:
    std::size_t line_ = 0;    // where the line begins that has not ended
    std::size_t looked_ = 0;  // up to here there is nothing more to find
};

struct Field {
    std::string_view name;
    std::string_view value;  // without the white space around it
};
using Fields = std::vector<Field>;

// Views into the text that they were read from.
struct RequestHead {
    std::string_view method;
    std::string_view target;  // begins with a slash
    Fields fields;
};

struct ResponseHead {
    int minor_version = 1;
    int status = 0;
    std::string_view reason;
    Fields fields;
};

// `text` is one whole head, its empty line included; `head` is filled anew. They throw BadMessage.
void parse_head(std::string_view text, RequestHead& head);
void parse_head(std::string_view text, ResponseHead& head);

// As header names are compared. Nearly all that are, differ in their length.
inline bool same_name(std::string_view left, std::string_view right) {
    return left.size() == right.size() && same_letters(left, right);
}
bool is_http_token(std::string_view text);  // RFC 9110 5.6.2

const Field* find_field(const Fields& fields, std::string_view name);  // the first; nullptr for none
std::size_t count_fields(const Fields& fields, std::string_view name);

// Is `word` a member of a header's comma-separated list, in any of its lines?
bool list_has(const Fields& fields, std::string_view name, std::string_view word);

}  // namespace eph
