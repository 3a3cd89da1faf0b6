// A provider that a target plays itself: the other end of a connection in the pool of the HTTPS client.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "daemon/https/connection.hpp"
#include "tests/fuzz/support/fuzz.hpp"

namespace eph::fuzz {

// One end of a pair of sockets; nothing here waits.
class End {
public:
    explicit End(int fd) : fd_(fd) {}
    ~End() { close(); }
    End(End&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    End(const End&) = delete;

    void say(std::string_view text) {
        while (fd_ >= 0 && !text.empty()) {
            const auto sent = send(fd_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent <= 0) return;
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    std::string hear() {  // what has come
        std::string text;
        char piece[16384];
        for (ssize_t got = 0; fd_ >= 0 && (got = recv(fd_, piece, sizeof piece, MSG_DONTWAIT)) > 0;)
            text.append(piece, static_cast<std::size_t>(got));
        return text;
    }

    void end_of_sending() {
        if (fd_ >= 0) shutdown(fd_, SHUT_WR);
    }
    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }

private:
    int fd_;
};

struct Pair {
    Pair() {
        int ends[2];
        must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "there are sockets");
        ours = ends[0];
        theirs = ends[1];
    }
    int ours;
    int theirs;
};

// A connection to `base`, which the client takes as soon as it needs one; ours is the provider's end.
inline End pooled_provider(HttpsClient& https, asio::io_context& io, const BaseUrl& base) {
    const Pair pair;
    Connection::Socket socket{io, {AF_UNIX, 0}, pair.theirs};
    https.give_back(base, std::make_unique<Connection>(std::move(socket)));
    return End{pair.ours};
}

}  // namespace eph::fuzz
