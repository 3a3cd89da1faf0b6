// The Unix socket that clients connect to: bound here, or handed over by systemd or launchd.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>

#include <boost/asio/local/stream_protocol.hpp>

#include "daemon/api/http_session.hpp"
#include "daemon/async/task_group.hpp"

namespace eph {

// The socket that the service manager listens on for us (LISTEN_FDS, sd_listen_fds(3); launch_activate_socket), if
// there is one.
std::optional<int> activated_socket();

class Listener {
public:
    // Binds `path` (0600, in a directory of ours), unless a socket was handed over. Error{busy} when somebody answers
    // there.
    Listener(asio::any_io_executor executor, std::filesystem::path path, std::optional<int> handed_over,
             std::size_t most_clients);
    ~Listener();

    Task<void> accept(Services& services, TaskGroup& tasks, const bool& stopping);
    void close();

private:
    struct Bound {
        dev_t device;
        ino_t inode;
    };

    using Socket = asio::local::stream_protocol::socket;

    void serve(Socket socket, Services& services, TaskGroup& tasks, const bool& stopping);
    void bind_path();
    void remove_path();

    std::filesystem::path path_;
    asio::local::stream_protocol::acceptor acceptor_;
    Door door_;
    std::optional<Bound> bound_;  // the socket file that we made; nothing: it was handed over
};

}  // namespace eph
