// Reading requests from a plain or a TLS stream, one after the other.
#include "connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include "answers.hpp"
#include "control.hpp"
#include "delivery.hpp"
#include "request.hpp"

namespace eph::sim {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Parser = http::request_parser<http::string_body>;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kLargestBody = 64 * 1024 * 1024;
constexpr std::size_t kBufferSize = 64 * 1024;  // a flat_buffer starts tiny, and reads little pieces until it has grown

template <class Stream>
class StreamWire : public Wire {
public:
    explicit StreamWire(Stream& stream) : stream_{stream} {}

    asio::awaitable<bool> write(std::string bytes) override {
        const auto [error, size] = co_await asio::async_write(stream_, asio::buffer(bytes), as_result);
        co_return !error;
    }

    asio::awaitable<void> until_caller_leaves() override {
        char ignored[256];
        for (;;) {
            const auto [error, size] = co_await stream_.async_read_some(asio::buffer(ignored), as_result);
            if (error) co_return;
        }
    }

private:
    Stream& stream_;
};

// Lingering for zero seconds makes the kernel send RST instead of FIN.
void reset(tcp::socket& socket) {
    boost::system::error_code ignored;
    socket.set_option(asio::socket_base::linger(true, 0), ignored);
    socket.close(ignored);
}

asio::awaitable<void> say_goodbye(tcp::socket&) { co_return; }

asio::awaitable<void> say_goodbye(asio::ssl::stream<tcp::socket>& stream) { co_await stream.async_shutdown(as_result); }

// No `? :` around co_await: g++ 12 destroys its result twice.
asio::awaitable<After> answer(Sim& sim, const Call& call, Delivery& delivery) {
    if (!is_control(call)) co_return co_await delivery.answer_provider_call(call);
    Answer result;
    if (is_wait(call)) {
        result = co_await wait_for_calls(sim, call);
    } else {
        result = answer_control(sim, call);
    }
    co_return co_await delivery.send(result);
}

template <class Stream>
asio::awaitable<boost::system::error_code> read(Stream& stream, boost::beast::flat_buffer& buffer, Parser& parser,
                                                Wire& wire) {
    parser.body_limit(kLargestBody);
    auto [error, size] = co_await http::async_read_header(stream, buffer, parser, as_result);
    if (error) co_return error;
    if (parser.get()[http::field::expect] == "100-continue") co_await wire.write("HTTP/1.1 100 Continue\r\n\r\n");
    std::tie(error, size) = co_await http::async_read(stream, buffer, parser, as_result);
    co_return error;
}

template <class Stream>
asio::awaitable<void> serve(Sim& sim, Stream& stream, std::uint64_t number) {
    StreamWire<Stream> wire{stream};
    boost::beast::flat_buffer buffer;
    buffer.reserve(kBufferSize);
    After after = After::keep;
    while (after == After::keep) {
        Parser parser;
        const auto error = co_await read(stream, buffer, parser, wire);
        Delivery delivery{sim, wire, stream.get_executor(), !error && parser.keep_alive()};
        if (error == http::error::body_limit) {
            const Answer too_large = openai_error(413, "The request body is larger than 64 MB.");
            co_await delivery.send(too_large);
        }
        if (error) co_return;
        const Call call = call_of(parser.release(), number);
        after = co_await answer(sim, call, delivery);
    }
    if (after == After::close) co_await say_goodbye(stream);
    if (after == After::reset) reset(boost::beast::get_lowest_layer(stream));
}

asio::awaitable<void> serve_tls(Sim& sim, tcp::socket socket, asio::ssl::context& tls, std::uint64_t number) {
    asio::ssl::stream<tcp::socket> stream{std::move(socket), tls};
    const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::server, as_result);
    if (!error) co_await serve(sim, stream, number);
}

// Counts a connection as open for as long as it lives.
class Counted {
public:
    explicit Counted(Connections& connections) : connections_{connections} { ++connections_.open; }
    ~Counted() { --connections_.open; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

private:
    Connections& connections_;
};

}  // namespace

asio::awaitable<void> serve_connection(Sim& sim, tcp::socket socket, asio::ssl::context* tls) {
    const Counted counted{sim.connections};
    const std::uint64_t number = ++sim.connections.total;
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    if (tls != nullptr) {
        co_await serve_tls(sim, std::move(socket), *tls, number);
    } else {
        co_await serve(sim, socket, number);
    }
}

}  // namespace eph::sim
