// One connection, plain or TLS: to a provider, and, plain, an agent's. It takes what comes and sends what goes without
// waiting; whoever has to wait is told for what. Included only by the sources of https/, and by the relay's lines.
#pragma once

#include <memory>
#include <span>

#include <openssl/ssl.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/socket_base.hpp>

#include "common/async/task.hpp"

namespace eph {

// OpenSSL reads and writes the socket itself, so that nothing is copied on the way; the process must ignore SIGPIPE.
// Meets Asio's requirements of a stream, too.
class Connection {
public:
    using Socket = asio::generic::stream_protocol::socket;
    using executor_type = Socket::executor_type;

    explicit Connection(Socket socket);
    Connection(Socket socket, SSL_CTX* context);

    executor_type get_executor() { return socket_.get_executor(); }
    Socket& socket() { return socket_; }
    SSL* tls() const { return tls_.get(); }  // nullptr: plain

    // What could be done at once. Where that is nothing, `failure` is would_block, and `awaits` what has to come first.
    // An end in good order is asio::error::eof; with TLS one that was only cut off is not.
    struct Step {
        std::size_t size = 0;
        boost::system::error_code failure;
        asio::socket_base::wait_type awaits = asio::socket_base::wait_read;

        bool must_wait() const { return failure == asio::error::would_block; }
    };
    Step read(asio::mutable_buffer room);
    Step write(std::span<const asio::const_buffer> pieces);
    Step shake_hands();

    // Something was read from the socket that nobody has taken yet: the socket will not tell of it.
    bool has_unread() const { return tls_ && SSL_has_pending(tls_.get()) != 0; }

    // False when the peer has closed, or has said something that nobody asked for or has read.
    bool usable();

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        const asio::mutable_buffer first = *asio::buffer_sequence_begin(buffers);
        return async_step([this, first] { return read(first); }, std::forward<Token>(token));
    }
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        const asio::const_buffer first = *asio::buffer_sequence_begin(buffers);
        return async_step([this, first] { return write({&first, 1}); }, std::forward<Token>(token));
    }
    template <class Token>
    auto async_handshake(Token&& token) {
        return async_step([this] { return shake_hands(); }, std::forward<Token>(token));
    }

private:
    template <class Do, class Token>
    auto async_step(Do step, Token&& token) {
        // Not to be completed by who begins it: hence a turn of the loop where there is nothing to wait for.
        return asio::async_compose<Token, void(boost::system::error_code, std::size_t)>(
            [this, step, done = Step{}, begun = false](auto& self, boost::system::error_code failure = {}) mutable {
                if (failure) return self.complete(failure, 0);
                if (!begun || done.must_wait()) done = step();
                if (done.must_wait()) {
                    begun = true;
                    return socket_.async_wait(done.awaits, std::move(self));
                }
                if (!std::exchange(begun, true)) return asio::post(socket_.get_executor(), std::move(self));
                self.complete(done.failure, done.size);
            },
            token, socket_);
    }
    Step outcome(int result, std::size_t size) const;

    struct Free {
        void operator()(SSL* tls) const { SSL_free(tls); }
    };
    Socket socket_;
    std::unique_ptr<SSL, Free> tls_;
};

}  // namespace eph
