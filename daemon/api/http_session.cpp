// HTTP/1.1 over the Unix socket: reading requests, writing answers and streams.
#include "daemon/api/http_session.hpp"

#include <sys/socket.h>

#include <spdlog/spdlog.h>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include "common/async/within.hpp"
#include "common/error.hpp"
#include "common/peer.hpp"
#include "common/providers.hpp"
#include "common/text.hpp"
#include "common/wire.hpp"
#include "daemon/api/router.hpp"

namespace eph {
namespace {

namespace http = boost::beast::http;
using Socket = asio::local::stream_protocol::socket;
using Parser = http::request_parser<http::string_body>;
using Buffer = boost::beast::flat_buffer;

constexpr std::size_t buffer_size = 8192;

std::string_view text(boost::beast::string_view view) { return {view.data(), view.size()}; }

bool hung_up(Socket& socket) {
    char byte = 0;
    const auto got = recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

Task<void> write_all(Socket& socket, const std::string& bytes) {
    co_await asio::async_write(socket, asio::buffer(bytes), use_awaitable);
}

// False where the client does not take it.
Task<bool> deliver(Socket& socket, const std::string& bytes) {
    try {
        co_await within(bounds::api_unread, write_all(socket, bytes), "the client does not read");
        co_return true;
    } catch (const Error&) {
        co_return false;
    } catch (const boost::system::system_error& error) {
        throw_if_cancelled(error.code());
        co_return false;
    }
}

class ChunkedStream final : public EventStream {
public:
    explicit ChunkedStream(Socket& socket) : socket_(socket) {}

    bool begun() const { return begun_; }
    bool peer_gone() override { return hung_up(socket_); }

    Task<bool> send(std::string line, int status) override {
        std::string bytes;
        if (!begun_) {
            bytes = fmt::format(
                "HTTP/1.1 {} {}\r\nContent-Type: application/x-ndjson\r\nCache-Control: no-store\r\nTransfer-Encoding: "
                "chunked\r\n\r\n",
                status, text(http::obsolete_reason(static_cast<http::status>(status))));
            begun_ = true;
        }
        bytes += fmt::format("{:x}\r\n", line.size() + 1);
        bytes += line;
        bytes += "\n\r\n";
        wipe(line);
        const bool delivered = co_await deliver(socket_, bytes);
        wipe(bytes);
        co_return delivered;
    }

    Task<bool> idle(Signal& signal, Signal::Clock::time_point until) override {
        if (peer_gone()) co_return false;
        // A client that holds a lease has nothing to say, so whatever makes the socket readable is its end.
        const bool no_end = until == Signal::Clock::time_point::max();
        Task<void> signalled = no_end ? signal.wait() : signal.wait_until(until);
        auto group = asio::experimental::make_parallel_group(
            asio::co_spawn(socket_.get_executor(), std::move(signalled), asio::deferred),
            socket_.async_wait(Socket::wait_read, asio::deferred));
        auto [order, failure, wait_error] =
            co_await group.async_wait(asio::experimental::wait_for_one(), use_awaitable);
        co_return !(order[0] == 1 && !wait_error);
    }

    Task<void> end() {
        if (begun_) co_await deliver(socket_, "0\r\n\r\n");
    }

private:
    Socket& socket_;
    bool begun_ = false;
};

// Nothing but a program of this user's has a reason to talk to this socket; a browser would say where it comes from.
void refuse_strangers(const Parser::value_type& message) {
    if (message.find(http::field::origin) != message.end()) {
        throw Error{Code::forbidden, "requests from web pages are refused"};
    }
    const std::string host = lower(text(message[http::field::host]));
    const std::string_view name = std::string_view{host}.substr(0, host.find(':'));
    if (name != wire::host_name && name != "localhost" && name != "127.0.0.1") {
        throw Error{Code::forbidden, "'{}' is not the name of this API", printable(host, 80)}.hint(
            "Send 'Host: localhost'.");
    }
}

ApiRequest take_request(Parser::value_type& message, const Peer& peer) {
    refuse_strangers(message);
    ApiRequest request;
    request.method = text(message.method_string());
    request.path = text(message.target());
    request.body = std::move(message.body());
    request.actor = fmt::format("uid {} pid {}", peer.uid, peer.pid);
    const auto header = [&](std::string_view name) {
        return text(message[boost::beast::string_view{name.data(), name.size()}]);
    };
    if (const std::string_view provider = header(wire::provider_header); !provider.empty())
        request.credential.provider = canonical_provider(provider);
    request.credential.account = header(wire::account_header);
    if (!request.credential.account.empty()) return request;  // that stored account alone, whatever else is sent
    request.credential.secret = Secret{header(wire::admin_key_header)};
    request.credential.project = header(wire::project_header);
    request.credential.base_url = header(wire::base_url_header);
    return request;
}

ApiReply reply_for(const Error& error) {
    ApiReply reply;
    reply.status = http_status(error.code());
    reply.body = wire::encode_error(error);
    return reply;
}

ApiReply reply_for_current_exception() {
    try {
        throw;
    } catch (const Error& error) {
        return reply_for(error);
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) throw;  // ephd is stopping
        return reply_for(Error{Code::internal, "{}", error.what()});
    } catch (const std::exception& error) {
        spdlog::error("a request failed: {}", error.what());
        return reply_for(Error{Code::internal, "{}", error.what()});
    }
}

// False where it was not taken: the client does not read, is gone, or was cut off for others.
Task<bool> send_reply(Socket& socket, Clients::Seat& seat, ApiReply reply, bool keep_alive) {
    std::string bytes =
        fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nCache-Control: no-store\r\nContent-Length: {}\r\n{}\r\n",
                    reply.status, text(http::obsolete_reason(static_cast<http::status>(reply.status))),
                    reply.content_type, reply.body.size() + 1, keep_alive ? "" : "Connection: close\r\n");
    bytes += reply.body + "\n";
    wipe(reply.body);
    reply.body = {};
    seat.reads(bytes.size());
    const bool taken = co_await deliver(socket, bytes);
    wipe(bytes);
    co_return taken;
}

Error too_large() {
    return Error{Code::usage, "the request is too large"}.hint(
        fmt::format("At most {} kB of headers and {} kB of body.", bounds::api_head / 1024, bounds::api_body / 1024));
}

Error too_many() {
    return Error{Code::busy, "ephd serves as many clients at once as it can"}.hint(
        "End a session, or programs that hold connections to ephd; see: eph sessions");
}

// The credential of a request stands in a Secret once it is taken, and nowhere else: a lease lasts as long as a
// session, and holds no room for another request.
void forget(Parser::value_type& message, Buffer& buffer) {
    message = {};
    buffer.shrink_to_fit();  // a block that is freed is wiped
}

// Answers one request; false when the connection is to be closed.
Task<bool> answer(Socket& socket, Services& services, Clients::Seat& seat, Parser::value_type& message, Buffer& buffer,
                  const Peer& peer, bool keep_alive) {
    ApiReply reply;
    ChunkedStream stream{socket};
    seat.is_served();
    try {
        ApiRequest request = take_request(message, peer);
        forget(message, buffer);
        const Route& route = find_route(request);
        if (!route.reserve && !seat.may_stay()) throw too_many();
        if (route.plain != nullptr) {
            reply = co_await route.plain(services, request);
        } else {
            co_await route.stream(services, request, stream);
        }
    } catch (...) {
        reply = reply_for_current_exception();
    }
    services.janitor.drop_unused_accounts();
    if (stream.begun()) {
        co_await stream.end();
        co_return false;
    }
    if (reply.body.empty()) co_return false;  // the client left before its stream began
    const bool taken = co_await send_reply(socket, seat, std::move(reply), keep_alive);
    if (!taken) co_return false;
    co_return keep_alive;
}

Task<boost::system::error_code> read_request(Socket& socket, Buffer& buffer, Parser& parser) {
    const auto [failure, size] = co_await http::async_read(socket, buffer, parser, as_result);
    co_return failure;
}

}  // namespace

Task<void> serve_client(Socket socket, std::unique_ptr<Clients::Seat> place, Services& services, Door& door,
                        const bool& stopping) {
    Clients::Seat& seat = *place;
    const Peer peer = peer_of(socket.native_handle());
    bool open = true;
    Buffer buffer;
    // A stranger's request is read before it is refused: an answer to one that is still being written would be lost.
    const bool stranger = peer.uid != getuid();
    if (stranger) spdlog::warn("a connection of user {} was refused", peer.uid);
    const Duration patience = stranger ? bounds::stranger : bounds::api_silence;
    while (open && !stopping) {
        buffer.reserve(buffer_size);
        Parser parser;
        parser.header_limit(bounds::api_head);
        parser.body_limit(bounds::api_body);
        seat.awaits_request();
        boost::system::error_code failure;
        try {
            failure = co_await within(patience, read_request(socket, buffer, parser), "the client is silent");
        } catch (const Error&) {
            co_return;
        }
        if (failure == http::error::body_limit || failure == http::error::header_limit) {
            ApiReply reply = reply_for(too_large());
            co_await send_reply(socket, seat, std::move(reply), false);
            co_return;
        }
        if (failure) co_return;
        if (stranger) {
            ApiReply reply = reply_for(Error{Code::forbidden, "this ephd belongs to another user"}.hint(
                "Unset EPH_SOCKET, so that eph asks your own."));
            co_await send_reply(socket, seat, std::move(reply), false);
            co_return;
        }
        co_await door.turns.mine(peer.pid);
        const bool keep_alive = parser.keep_alive();
        open = co_await answer(socket, services, seat, parser.get(), buffer, peer, keep_alive);
        forget(parser.get(), buffer);  // also what was refused before it was taken
    }
}

}  // namespace eph
