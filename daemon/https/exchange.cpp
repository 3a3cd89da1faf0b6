// One request and its answer on an open connection.
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include "daemon/https/opening.hpp"

namespace eph {
namespace {

namespace http = boost::beast::http;

constexpr std::uint64_t answer_limit = 8 * 1024 * 1024;

// The whole request as it goes out, credential included: in locked memory, wiped with the Secret that holds it.
Secret compose(const BaseUrl& base, const HttpRequest& request, const Secret& credential) {
    std::string text =
        fmt::format("{} {}{} HTTP/1.1\r\nHost: {}\r\nUser-Agent: eph/" EPH_VERSION "\r\nAccept: application/json\r\n",
                    request.method, base.path, request.path, base.authority());
    if (!request.body.empty()) {
        text += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", request.body.size());
    } else if (request.method == "POST") {
        text += "Content-Length: 0\r\n";
    }
    text += request.more_headers;
    if (!credential.empty() && !request.auth.name.empty()) {
        text += fmt::format("{}: {}", request.auth.name, request.auth.prefix);
        // Room first: growing the string would leave copies of the credential behind.
        text.reserve(text.size() + credential.reveal().size() + request.body.size() + 64);
        text += credential.reveal();
        text += "\r\n";
    }
    text += "\r\n";
    text += request.body;
    return Secret::take(text);
}

}  // namespace

Task<HttpResponse> exchange(Connection& connection, const BaseUrl& base, const HttpRequest& request,
                            const Secret& credential, bool& sent, bool& keep) {
    const Secret message = compose(base, request, credential);
    const std::string where = base.authority();
    sent = true;
    const auto [write_failure, written] = co_await asio::async_write(
        connection, asio::buffer(message.reveal().data(), message.reveal().size()), as_result);
    throw_if_cancelled(write_failure);
    if (write_failure)
        throw Error{Code::provider_unreachable, "the connection to {} broke: {}", where, write_failure.message()};

    boost::beast::flat_buffer buffer;
    buffer.reserve(16384);
    http::response_parser<http::string_body> parser;
    parser.body_limit(answer_limit);
    const auto [read_failure, size] = co_await http::async_read(connection, buffer, parser, as_result);
    throw_if_cancelled(read_failure);
    if (read_failure) {
        const bool garbage = read_failure.category() == http::make_error_code(http::error::bad_version).category() &&
                             read_failure != http::error::end_of_stream && read_failure != http::error::partial_message;
        if (garbage)
            throw Error{Code::provider_unreadable, "{} answered something that is not HTTP: {}", where,
                        read_failure.message()};
        throw Error{Code::provider_unreachable, "the connection to {} broke before the answer was whole: {}", where,
                    read_failure.message()};
    }
    keep = parser.keep_alive() && buffer.size() == 0;
    HttpResponse answer;
    answer.status = static_cast<int>(parser.get().result_int());
    if (const auto field = parser.get().find(http::field::retry_after); field != parser.get().end()) {
        answer.retry_after = parse_retry_after({field->value().data(), field->value().size()}, now());
    }
    answer.body = std::move(parser.get().body());
    co_return answer;
}

}  // namespace eph
