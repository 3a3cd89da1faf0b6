// One client's connection: request after request, each answered truly or as a fault has it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "sim.hpp"

namespace boost::asio::ssl {
class context;
}

namespace eph::sim {

// Returns when the connection is over. With a TLS context the handshake comes first.
boost::asio::awaitable<void> serve_connection(Sim& sim, boost::asio::ip::tcp::socket socket,
                                              boost::asio::ssl::context* tls);

}  // namespace eph::sim
