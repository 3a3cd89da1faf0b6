// Where the agent of one session reaches the broker: a Unix socket, which ssh carries to its host, or a port of
// loopback.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include "common/async/task.hpp"
#include "common/ids.hpp"

namespace eph {

class Endpoint {
public:
    using Protocol = asio::generic::stream_protocol;
    using Socket = Protocol::socket;

    Endpoint(asio::any_io_executor executor, std::filesystem::path socket);
    Endpoint(asio::any_io_executor executor, std::uint16_t port);  // on 127.0.0.1; 0: any that is free
    ~Endpoint() { close(); }
    Endpoint(const Endpoint&) = delete;
    Endpoint& operator=(const Endpoint&) = delete;

    void open();     // throws Error that says why it cannot be
    void suspend();  // no more connections; a socket's file stays for the next ephd
    void close();    // for good
    bool is_open() const { return acceptor_.is_open(); }

    // The next connection; none where the endpoint was closed. Goes on, after a pause, where no descriptor is free.
    Task<std::optional<Socket>> accept();

    const std::filesystem::path& socket() const { return socket_; }
    std::uint16_t port() const { return port_; }
    std::string text() const;  // for people

private:
    asio::basic_socket_acceptor<Protocol> acceptor_;
    std::filesystem::path socket_;
    std::uint16_t port_ = 0;
    bool bound_ = false;
};

// <directory>/b-<session>.
std::filesystem::path endpoint_path(const std::filesystem::path& directory, const SessionId& session);

// Removes the sockets in `directory` that an ephd which is gone has left, and where nobody listens.
void remove_stale_endpoints(asio::any_io_executor executor, const std::filesystem::path& directory);

}  // namespace eph
