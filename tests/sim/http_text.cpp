// Putting answers into HTTP/1.1.
#include "http_text.hpp"

#include <fmt/format.h>

#include <boost/beast/http/status.hpp>

namespace eph::sim {
namespace {

std::string reason(unsigned status) {
    const auto text = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
    return {text.data(), text.size()};
}

}  // namespace

std::string head_text(const Answer& answer, std::optional<std::size_t> length, bool keep_alive) {
    std::string text = fmt::format("HTTP/1.1 {} {}\r\n", answer.status, reason(answer.status));
    if (!answer.content_type.empty()) text += fmt::format("Content-Type: {}\r\n", answer.content_type);
    for (const auto& [name, value] : answer.headers) text += fmt::format("{}: {}\r\n", name, value);
    text += length ? fmt::format("Content-Length: {}\r\n", *length) : "Transfer-Encoding: chunked\r\n";
    text += keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
    return text;
}

std::string chunk_text(const std::string& data) { return fmt::format("{:x}\r\n{}\r\n", data.size(), data); }

std::string whole_text(const Answer& answer, bool keep_alive) {
    if (answer.events.empty()) return head_text(answer, answer.body.size(), keep_alive) + answer.body;
    std::string text = head_text(answer, std::nullopt, keep_alive);
    for (const std::string& event : answer.events) text += chunk_text(event);
    return text + kLastChunk;
}

}  // namespace eph::sim
