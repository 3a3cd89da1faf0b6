// Steps of opening a connection to a provider, each with its own limit. Included only by the sources of https/.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "daemon/https/connection.hpp"
#include "daemon/https/https_client.hpp"

namespace eph {

// They throw Error.
Task<asio::ip::tcp::socket> connect_tcp(std::string host, std::string port, HttpLimits limits);
Task<void> tunnel(asio::ip::tcp::socket& socket, Proxy proxy, BaseUrl target, HttpLimits limits);
Task<void> handshake(Connection& connection, BaseUrl target, HttpLimits limits);

// Writes the request and reads its answer. `sent` becomes true before the first byte leaves.
Task<HttpResponse> exchange(Connection& connection, const BaseUrl& base, const HttpRequest& request,
                            const Secret& credential, bool& sent, bool& keep);

}  // namespace eph
