// Binding, accepting, and what is left of it.
#include "daemon/broker/endpoint.hpp"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <spdlog/spdlog.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/error.hpp"
#include "common/paths.hpp"
#include "daemon/bounds.hpp"

namespace eph {
namespace {

namespace fs = std::filesystem;
using asio::ip::tcp;
using Local = asio::local::stream_protocol;

constexpr std::string_view prefix = "b-";

bool is_our_socket(const fs::path& path) {
    struct stat info {};
    return lstat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode) && info.st_uid == getuid();
}

bool somebody_listens(asio::any_io_executor executor, const fs::path& path) {
    Local::socket probe{executor, Local{}};
    boost::system::error_code failure;
    probe.non_blocking(true);  // its queue may be full
    probe.connect(Local::endpoint{path.string()}, failure);
    return failure != asio::error::connection_refused;
}

}  // namespace

Endpoint::Endpoint(asio::any_io_executor executor, fs::path socket) : acceptor_(executor), socket_(std::move(socket)) {}

Endpoint::Endpoint(asio::any_io_executor executor, std::uint16_t port) : acceptor_(executor), port_(port) {}

std::string Endpoint::text() const {
    return socket_.empty() ? fmt::format("port {} of 127.0.0.1", port_) : socket_.string();
}

void Endpoint::open() {
    const bool local = !socket_.empty();
    if (socket_.string().size() >= sizeof(sockaddr_un::sun_path)) {
        throw Error{Code::usage, "the path of the broker's socket is too long: {}", socket_.string()}.hint(
            "Name a shorter one in EPH_SOCKET, beside which it is.");
    }
    boost::system::error_code failure;
    const auto checked = [&] {
        if (!failure) return;
        boost::system::error_code ignored;
        acceptor_.close(ignored);
        Error error{Code::storage, "the broker cannot listen on {}: {}", text(), failure.message()};
        if (failure == asio::error::no_descriptors)
            throw std::move(error).hint("Raise the limit where ephd is started: ulimit -n 1024");
        throw error;
    };
    if (local) {
        make_private_directory(socket_.parent_path());
        if (is_our_socket(socket_)) unlink(socket_.c_str());  // of the same session, from an ephd that is gone
    }
    acceptor_.open(local ? Protocol{AF_UNIX, 0} : Protocol{AF_INET, IPPROTO_TCP}, failure);
    checked();
    if (local) {
        acceptor_.bind(Local::endpoint{socket_.string()}, failure);
    } else {
        acceptor_.set_option(asio::socket_base::reuse_address(true), failure);
        acceptor_.bind(tcp::endpoint{asio::ip::address_v4::loopback(), port_}, failure);
    }
    checked();
    bound_ = true;
    if (local) chmod(socket_.c_str(), 0600);
    acceptor_.listen(asio::socket_base::max_listen_connections, failure);
    checked();
    if (local) return;
    tcp::endpoint named;
    const auto endpoint = acceptor_.local_endpoint();
    std::memcpy(named.data(), endpoint.data(), endpoint.size());
    port_ = named.port();
}

void Endpoint::suspend() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
}

void Endpoint::close() {
    if (bound_ && !socket_.empty()) unlink(socket_.c_str());
    bound_ = false;
    suspend();
}

Task<std::optional<Endpoint::Socket>> Endpoint::accept() {
    while (is_open()) {
        auto [failure, socket] = co_await acceptor_.async_accept(as_result);
        if (!failure) {
            if (socket_.empty()) socket.set_option(tcp::no_delay(true), failure);
            co_return std::move(socket);
        }
        if (failure == asio::error::operation_aborted || failure == asio::error::bad_descriptor) break;
        if (failure == asio::error::connection_aborted) continue;
        spdlog::warn("the broker cannot accept a connection: {}", failure.message());  // no descriptor is free
        asio::steady_timer pause{acceptor_.get_executor(), bounds::accept_pause};
        co_await pause.async_wait(use_awaitable);
    }
    co_return std::nullopt;
}

fs::path endpoint_path(const fs::path& directory, const SessionId& session) {
    return directory / (std::string{prefix} + session.text());
}

void remove_stale_endpoints(asio::any_io_executor executor, const fs::path& directory) {
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator{directory, ignored}) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(prefix) || !is_id_text(name.substr(prefix.size())) || !is_our_socket(entry.path()))
            continue;
        if (!somebody_listens(executor, entry.path())) unlink(entry.path().c_str());
    }
}

}  // namespace eph
