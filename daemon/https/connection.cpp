// The steps of a connection: what the socket, or OpenSSL above it, makes of one try.
#include "daemon/https/connection.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <new>

#include <openssl/err.h>
#include <boost/asio/ssl/error.hpp>

namespace eph {

Connection::Connection(Socket socket) : socket_(std::move(socket)) { socket_.non_blocking(true); }

Connection::Connection(Socket socket, SSL_CTX* context) : Connection(std::move(socket)) {
    tls_.reset(SSL_new(context));
    if (!tls_ || SSL_set_fd(tls_.get(), socket_.native_handle()) != 1) throw std::bad_alloc{};
    SSL_set_connect_state(tls_.get());
}

Connection::Step Connection::read(asio::mutable_buffer room) {
    Step step;
    if (!tls_) {
        step.size = socket_.read_some(room, step.failure);
        return step;
    }
    ERR_clear_error();
    const int result = SSL_read_ex(tls_.get(), room.data(), room.size(), &step.size);
    return outcome(result, step.size);
}

Connection::Step Connection::write(std::span<const asio::const_buffer> pieces) {
    Step step;
    if (!tls_) {
        step.size = socket_.write_some(pieces, step.failure);
        step.awaits = asio::socket_base::wait_write;
        return step;
    }
    while (!pieces.empty() && pieces.front().size() == 0) pieces = pieces.subspan(1);
    if (pieces.empty()) return step;
    ERR_clear_error();
    const int result = SSL_write_ex(tls_.get(), pieces.front().data(), pieces.front().size(), &step.size);
    return outcome(result, step.size);
}

Connection::Step Connection::shake_hands() {
    ERR_clear_error();
    return outcome(SSL_do_handshake(tls_.get()), 0);
}

// What OpenSSL says of its last call, as asio::ssl would say it.
Connection::Step Connection::outcome(int result, std::size_t size) const {
    const int system = errno;
    Step step{size, {}};
    if (result == 1) return step;
    const unsigned long error = ERR_peek_error();
    switch (SSL_get_error(tls_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            step.failure = asio::error::would_block;
            break;
        case SSL_ERROR_WANT_WRITE:
            step.failure = asio::error::would_block;
            step.awaits = asio::socket_base::wait_write;
            break;
        case SSL_ERROR_ZERO_RETURN:
            step.failure = asio::error::eof;
            break;
        case SSL_ERROR_SYSCALL:
            step.failure = asio::ssl::error::stream_truncated;
            if (system != 0) step.failure = {system, asio::error::get_system_category()};
            break;
        default:
            step.failure = {static_cast<int>(error), asio::error::get_ssl_category()};
            if (ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
                step.failure = asio::ssl::error::stream_truncated;
    }
    return step;
}

bool Connection::usable() {
    if (has_unread()) return false;
    char byte = 0;
    const auto got = recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace eph
