// One connection to a provider, plain or TLS. Included only by the sources of https/, and by the relay's lines.
#pragma once

#include <memory>
#include <variant>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "common/async/task.hpp"
#include "daemon/https/https_client.hpp"

namespace eph {

class HttpsClient::Connection {
public:
    using Plain = asio::ip::tcp::socket;
    using Tls = asio::ssl::stream<Plain>;

    explicit Connection(Plain socket) : stream_(std::move(socket)) {}
    Connection(Plain socket, asio::ssl::context& context)
        : stream_(std::in_place_type<Tls>, std::move(socket), context) {}

    std::variant<Plain, Tls>& stream() { return stream_; }
    Plain& socket();

    // False when the peer has closed, or has said something that nobody asked for or has read.
    bool usable();

private:
    std::variant<Plain, Tls> stream_;
};

// Steps of opening a connection, each with its own limit; they throw Error.
Task<HttpsClient::Connection::Plain> connect_tcp(std::string host, std::string port, HttpLimits limits);
Task<void> tunnel(HttpsClient::Connection::Plain& socket, Proxy proxy, BaseUrl target, HttpLimits limits);
Task<void> handshake(HttpsClient::Connection::Tls& stream, BaseUrl target, HttpLimits limits);

// Writes the request and reads its answer. `sent` becomes true before the first byte leaves.
Task<HttpResponse> exchange(HttpsClient::Connection& connection, const BaseUrl& base, const HttpRequest& request,
                            const Secret& credential, bool& sent, bool& keep);

}  // namespace eph
