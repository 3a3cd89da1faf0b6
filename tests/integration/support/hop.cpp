// A thread that polls and copies.
#include "tests/integration/support/hop.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "tests/integration/support/program.hpp"
#include "tests/support/loopback.hpp"

namespace eph::test {
Hop::Hop(int port) : provider_port_(port) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 || listen(listener_, 16) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("a hop cannot listen");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { carry(); }};
}

Hop::~Hop() {
    stopping_ = true;
    thread_.join();
    close_all();
    close(listener_);
}

void Hop::end_connections() {
    ending_ = true;
    if (!eventually([this] { return !ending_; })) throw std::runtime_error("a hop does not end its connections");
}

void Hop::carry() {
    while (!stopping_) {
        if (ending_) {
            close_all();
            ending_ = false;
        }
        std::vector<pollfd> all{{listener_, POLLIN, 0}};
        for (const Both& each : pairs_) {
            all.push_back({each.client, POLLIN, 0});
            all.push_back({each.provider, POLLIN, 0});
        }
        if (poll(all.data(), all.size(), 20) <= 0) continue;
        for (std::size_t i = pairs_.size(); i-- > 0;) {
            const Both pair = pairs_[i];
            const bool alive = (all[1 + 2 * i].revents == 0 || pass(pair.client, pair.provider)) &&
                               (all[2 + 2 * i].revents == 0 || pass(pair.provider, pair.client));
            if (alive) continue;
            close(pair.client);
            close(pair.provider);
            pairs_.erase(pairs_.begin() + static_cast<std::ptrdiff_t>(i));
            --connections_;
        }
        if (all[0].revents != 0) accept_one();
    }
}

bool Hop::pass(int from, int to) const {
    char piece[65536];
    const ssize_t got = recv(from, piece, sizeof piece, 0);
    return got > 0 && send(to, piece, static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
}

void Hop::accept_one() {
    Both pair;
    pair.client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (pair.client < 0) return;
    pair.provider = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(provider_port_);
    if (connect(pair.provider, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        close(pair.client);
        close(pair.provider);
        return;
    }
    pairs_.push_back(pair);
    ++connections_;
}

void Hop::close_all() {
    for (const Both& each : pairs_) {
        close(each.client);
        close(each.provider);
    }
    pairs_.clear();
    connections_ = 0;
}

}  // namespace eph::test
