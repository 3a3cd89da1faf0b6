// Binding and accepting.
#include "daemon/api/listener.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

#if defined(__APPLE__)
#include <launch.h>
#endif

#include <spdlog/spdlog.h>
#include <boost/asio/steady_timer.hpp>

#include "common/error.hpp"
#include "common/paths.hpp"
#include "daemon/api/http_session.hpp"

namespace eph {

using Protocol = asio::local::stream_protocol;

#if defined(__APPLE__)

std::optional<int> activated_socket() {
    int* sockets = nullptr;
    std::size_t count = 0;
    if (launch_activate_socket("ephd", &sockets, &count) != 0 || count == 0) return std::nullopt;
    const int socket = sockets[0];
    free(sockets);
    return socket;
}

#else

std::optional<int> activated_socket() {
    constexpr int first = 3;  // SD_LISTEN_FDS_START
    const std::string pid = environment("LISTEN_PID");
    const std::string count = environment("LISTEN_FDS");
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    if (pid != std::to_string(getpid()) || count.empty() || count == "0") return std::nullopt;
    fcntl(first, F_SETFD, FD_CLOEXEC);
    return first;
}

#endif

Listener::Listener(asio::any_io_executor executor, std::filesystem::path path, std::optional<int> handed_over,
                   std::size_t most_clients)
    : path_(std::move(path)), acceptor_(executor), door_(executor, most_clients) {
    if (handed_over) {
        acceptor_.assign(Protocol{}, *handed_over);
    } else {
        bind_path();
    }
}

void Listener::bind_path() {
    if (path_.string().size() >= sizeof(sockaddr_un::sun_path)) {
        throw Error{Code::usage, "the socket's path is too long: {}", path_.string()}.hint(
            "Name a shorter one in EPH_SOCKET.");
    }
    make_private_directory(path_.parent_path());
    Protocol::socket probe{acceptor_.get_executor()};
    boost::system::error_code nobody;
    probe.connect(Protocol::endpoint{path_.string()}, nobody);
    if (!nobody)
        throw Error{Code::busy, "another ephd already listens on {}", path_.string()}.hint(
            "Use that one, or stop it first.");
    struct stat info {};
    if (lstat(path_.c_str(), &info) == 0) {
        if (!S_ISSOCK(info.st_mode))
            throw Error{Code::storage, "{} is in the way and is not a socket", path_.string()}.hint(
                "Move it away, or name another socket in EPH_SOCKET.");
        unlink(path_.c_str());
    }
    boost::system::error_code failure;
    acceptor_.open(Protocol{});
    acceptor_.bind(Protocol::endpoint{path_.string()}, failure);
    if (failure)
        throw Error{Code::storage, "cannot listen on {}: {}", path_.string(), failure.message()}.hint(
            "Name another socket in EPH_SOCKET.");
    chmod(path_.c_str(), 0600);
    acceptor_.listen(asio::socket_base::max_listen_connections);
    if (stat(path_.c_str(), &info) == 0) bound_ = Bound{info.st_dev, info.st_ino};
}

// Not if somebody else's socket has taken its place: a service manager that has started to listen there, say.
void Listener::remove_path() {
    struct stat info {};
    if (!bound_ || lstat(path_.c_str(), &info) != 0) return;
    if (info.st_dev == bound_->device && info.st_ino == bound_->inode) unlink(path_.c_str());
}

Listener::~Listener() { close(); }

void Listener::close() {
    boost::system::error_code ignored;
    if (!acceptor_.is_open()) return;
    remove_path();
    acceptor_.close(ignored);
}

void Listener::serve(Socket socket, Services& services, TaskGroup& tasks, const bool& stopping) {
    auto place = std::make_unique<Clients::Seat>(door_.clients, socket.native_handle());  // taken from now on
    tasks.spawn("serving a client", serve_client(std::move(socket), std::move(place), services, door_, stopping));
}

Task<void> Listener::accept(Services& services, TaskGroup& tasks, const bool& stopping) {
    constexpr int at_once = 256;
    while (!stopping) {
        co_await door_.clients.room();
        auto [failure, socket] = co_await acceptor_.async_accept(as_result);
        if (failure == asio::error::operation_aborted) co_return;
        if (failure) {  // of the whole system no descriptor is free: existing clients go on, new ones wait
            spdlog::warn("cannot accept a connection: {}", failure.message());
            asio::steady_timer pause{acceptor_.get_executor(), bounds::accept_pause};
            co_await pause.async_wait(use_awaitable);
            continue;
        }
        serve(std::move(socket), services, tasks, stopping);
        // Who else is waiting: one for each round of the event loop would make a queue of a crowd.
        acceptor_.non_blocking(true);
        for (int more = 1; more < at_once && !door_.clients.full(); ++more) {
            Socket next{acceptor_.get_executor()};
            boost::system::error_code none;
            acceptor_.accept(next, none);
            if (none) break;
            serve(std::move(next), services, tasks, stopping);
        }
    }
}

}  // namespace eph
