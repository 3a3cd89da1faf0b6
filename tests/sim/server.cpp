// The accept loop and the end of the process.
#include "server.hpp"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdio>
#include <optional>
#include <stdexcept>

#include "connection.hpp"
#include "tls.hpp"

namespace eph::sim {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kAcceptRetry{50};  // when the process is out of descriptors

tcp::acceptor listen(asio::io_context& io, const Options& options) try {
    const tcp::endpoint endpoint{asio::ip::make_address(options.host), options.port};
    tcp::acceptor acceptor{io, endpoint.protocol()};
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen();
    return acceptor;
} catch (const boost::system::system_error& error) {
    throw std::runtime_error(
        fmt::format("cannot listen on {} port {}: {}", options.host, options.port, error.code().message()));
}

void announce(const tcp::acceptor& acceptor, const Options& options) {
    const tcp::endpoint at = acceptor.local_endpoint();
    const std::string address = at.address().to_string();
    fmt::print("listening {}://{}:{}/v1\n", options.tls ? "https" : "http",
               at.address().is_v6() ? fmt::format("[{}]", address) : address, at.port());
    std::fflush(stdout);
}

void complain(std::exception_ptr failure) {
    try {
        if (failure) std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        fmt::print(stderr, "eph-sim: a connection failed: {}\n", error.what());
    }
}

asio::awaitable<void> accept_all(Sim& sim, tcp::acceptor& acceptor, asio::ssl::context* tls) {
    for (;;) {
        auto [error, socket] = co_await acceptor.async_accept(as_result);
        if (error) {
            asio::steady_timer timer{acceptor.get_executor(), kAcceptRetry};
            co_await timer.async_wait(as_result);
            continue;
        }
        asio::co_spawn(acceptor.get_executor(), serve_connection(sim, std::move(socket), tls), complain);
    }
}

}  // namespace

void serve(Sim& sim) {
    std::optional<asio::ssl::context> tls;
    if (sim.options.tls) tls = make_tls_context(sim.options);
    asio::io_context io{1};
    tcp::acceptor acceptor = listen(io, sim.options);
    asio::signal_set signals{io, SIGTERM, SIGINT};
    // Nothing here outlives a test, so there is nothing to drain: the io_context takes the frames and their sockets
    // along.
    signals.async_wait([&](boost::system::error_code, int) { io.stop(); });
    asio::co_spawn(io, accept_all(sim, acceptor, tls ? &*tls : nullptr), complain);
    announce(acceptor, sim.options);
    io.run();
}

}  // namespace eph::sim
