// Sockets, heads and chunks.
#include "tests/integration/support/http.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

#include "tests/support/catch.hpp"
#include "tests/support/loopback.hpp"

namespace eph::test {
namespace {

int connected(int family, const void* address, socklen_t size, const std::string& where) {
    const int descriptor = socket(family, SOCK_STREAM, 0);
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    if (connect(descriptor, static_cast<const sockaddr*>(address), size) != 0) {
        const std::string reason = std::strerror(errno);
        close(descriptor);
        throw std::runtime_error("cannot connect to " + where + ": " + reason);
    }
    return descriptor;
}

}  // namespace

HttpConnection::HttpConnection(const std::filesystem::path& socket) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
    descriptor_ = connected(AF_UNIX, &address, sizeof address, socket);
}

HttpConnection::HttpConnection(int port) {
    const sockaddr_in address = loopback(port);
    descriptor_ = connected(AF_INET, &address, sizeof address, "port " + std::to_string(port));
}

void HttpConnection::close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
}

void HttpConnection::send(const std::string& bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t n = ::send(descriptor_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
        if (n <= 0) return;  // the other side has closed; what it said before can still be read
        done += static_cast<std::size_t>(n);
    }
}

void HttpConnection::request(const std::string& method, const std::string& target, const std::string& body,
                             const Variables& headers) {
    std::string bytes = method + " " + target + " HTTP/1.1\r\n";
    if (!headers.contains("Host")) bytes += "Host: localhost\r\n";
    for (const auto& [name, value] : headers) bytes += name + ": " + value + "\r\n";
    bytes += "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
    send(bytes);
}

bool HttpConnection::fill(Limit limit) {
    pollfd wanted{descriptor_, POLLIN, 0};
    if (poll(&wanted, 1, static_cast<int>(limit.count())) <= 0)
        FAIL("nothing came over HTTP in time; so far: " << head_ << content_ << raw_);
    char piece[65536];
    const ssize_t n = recv(descriptor_, piece, sizeof piece, 0);
    if (n > 0) raw_.append(piece, static_cast<std::size_t>(n));
    return n > 0;
}

int HttpConnection::head(Limit limit) {
    std::size_t end;
    while ((end = raw_.find("\r\n\r\n")) == raw_.npos) {
        if (!fill(limit)) return 0;
    }
    head_ = raw_.substr(0, end + 2);
    raw_.erase(0, end + 4);
    return std::stoi(head_.substr(9, 3));
}

Reply HttpConnection::reply(Limit limit) {
    Reply result;
    result.status = head(limit);
    while (result.status != 0 && fill(limit)) {
    }
    result.head = head_;
    if (head_.find("chunked") != head_.npos) {
        dechunk();
        result.text = content_;
    } else {
        result.text = raw_;
    }
    return result;
}

void HttpConnection::dechunk() {
    for (;;) {
        const std::size_t end = raw_.find("\r\n");
        if (end == raw_.npos) return;
        const std::size_t size = std::stoul(raw_, nullptr, 16);
        if (raw_.size() < end + 2 + size + 2) return;
        if (size == 0) ended_ = true;
        content_ += raw_.substr(end + 2, size);
        raw_.erase(0, end + 2 + size + 2);
    }
}

std::optional<std::string> HttpConnection::line(Limit limit) {
    for (;;) {
        dechunk();
        if (const std::size_t end = content_.find('\n'); end != content_.npos) {
            std::string result = content_.substr(0, end);
            content_.erase(0, end + 1);
            return result;
        }
        if (ended_ || !fill(limit)) return std::nullopt;
    }
}

}  // namespace eph::test
