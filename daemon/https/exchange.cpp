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
constexpr int most_interim = 16;  // before the answer itself

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

Error broken_answer(const std::string& where, const boost::system::error_code& failure) {
    if (failure == http::error::body_limit) {
        return Error{Code::provider_unreadable, "{} answered with more than {} MB", where, answer_limit / 1024 / 1024};
    }
    const bool garbage = failure.category() == http::make_error_code(http::error::bad_version).category() &&
                         failure != http::error::end_of_stream && failure != http::error::partial_message;
    if (garbage) {
        return Error{Code::provider_unreadable, "{} answered something that is not HTTP: {}", where, failure.message()};
    }
    return Error{Code::provider_unreachable, "the connection to {} broke before the answer was whole: {}", where,
                 failure.message()};
}

// The final answer: informational ones may come before it (RFC 9110 15.2), and are not what was asked for. Where it
// throws, `keep` stays false: what still comes on that connection belongs to no request.
Task<HttpResponse> read_answer(Connection& connection, const std::string& where, bool& keep) {
    boost::beast::flat_buffer buffer;
    buffer.reserve(16384);
    for (int answers = 0; answers <= most_interim; ++answers) {
        http::response_parser<http::string_body> parser;
        parser.body_limit(answer_limit);
        const auto [failure, size] = co_await http::async_read(connection, buffer, parser, as_result);
        throw_if_cancelled(failure);
        if (failure) throw broken_answer(where, failure);
        HttpResponse answer;
        answer.status = static_cast<int>(parser.get().result_int());
        const bool interim = answer.status >= 100 && answer.status < 200 && answer.status != 101;
        if (interim) continue;
        if (answer.status < 200) {
            throw Error{Code::provider_unreadable, "{} answered with the status {}, which ends no request", where,
                        answer.status};
        }
        keep = parser.keep_alive() && buffer.size() == 0;
        if (const auto field = parser.get().find(http::field::retry_after); field != parser.get().end()) {
            answer.retry_after = parse_retry_after({field->value().data(), field->value().size()}, now());
        }
        answer.body = std::move(parser.get().body());
        co_return answer;
    }
    throw Error{Code::provider_unreadable, "{} answered with more than {} informational answers", where, most_interim};
}

// Some repeat the credential that they refuse. What an answer says stands in the ledger, in the log and on screens.
void hide(const Secret& credential, std::string& said) {
    constexpr std::size_t shortest = 8;  // of what can be told from a word
    const std::string_view secret = credential.reveal();
    if (secret.size() < shortest) return;
    for (std::size_t at = 0; (at = said.find(secret, at)) != said.npos;)
        said.replace(at, secret.size(), "[credential]");
}

}  // namespace

Task<HttpResponse> exchange(Connection& connection, const BaseUrl& base, const HttpRequest& request,
                            const Secret& credential, bool& sent, bool& keep) {
    const Secret message = compose(base, request, credential);
    const std::string where = base.authority();
    sent = true;
    const auto [failure, written] = co_await asio::async_write(
        connection, asio::buffer(message.reveal().data(), message.reveal().size()), as_result);
    throw_if_cancelled(failure);
    if (failure) throw Error{Code::provider_unreachable, "the connection to {} broke: {}", where, failure.message()};
    HttpResponse answer = co_await read_answer(connection, where, keep);
    hide(credential, answer.body);
    co_return answer;
}

}  // namespace eph
