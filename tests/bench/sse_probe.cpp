// A provider on loopback, and its agent. Every event of the provider's streams says when it left, so that the agent can
// say how long each was on its way; both ends are on one machine, so that one clock counts.
//   sse-probe serve EVENTS INTERVAL_MS [CERT KEY]  says its port, and serves until it is killed; with TLS if there is
//   one sse-probe read (URL TOKEN STREAMS)...          reads so many streams at once. Prints how many events came, how
//   many ms
//                                                  they were on their way at the median, at p99 and at most
//   sse-probe ask URL TOKEN COUNT                  asks so many times, one after the other, for an answer of 1 KB.
//   Prints
//                                                  how many ms that took, as above
//   sse-probe fetch URL TOKEN                      the same for one answer of 64 MB
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace asio = boost::asio;
using asio::use_awaitable;
using asio::ip::tcp;
using Nanoseconds = std::chrono::nanoseconds;

namespace {

std::int64_t clock_now() {
    return std::chrono::duration_cast<Nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string chunk(const std::string& text) { return fmt::format("{:x}\r\n{}\r\n", text.size(), text); }

std::size_t content_length(const std::string& head) {
    std::string lower = head;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    const std::size_t at = lower.find("\r\ncontent-length:");
    return at == lower.npos ? 0 : std::strtoul(lower.c_str() + at + 17, nullptr, 10);
}

struct Load {
    int events = 0;
    std::chrono::milliseconds interval{};
};

// Begins when all who want a stream can be thought to have it, and each at a moment of its own: agents that started
// together by accident would measure their own crowd.
template <class Stream>
asio::awaitable<void> send_events(Stream& stream, Load load, double phase) {
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    co_await asio::async_write(stream, asio::buffer(head), use_awaitable);
    const auto late = std::chrono::duration_cast<Nanoseconds>(phase * load.interval);
    asio::steady_timer timer{stream.get_executor(), std::chrono::steady_clock::now() + std::chrono::seconds{2} + late};
    for (int i = 0; i < load.events; ++i) {
        timer.expires_at(timer.expiry() + load.interval);
        co_await timer.async_wait(use_awaitable);
        const std::string event = chunk(
            fmt::format("data: {{\"choices\":[{{\"delta\":{{\"content\":\"word\"}}}}],\"t\":{}}}\n\n", clock_now()));
        co_await asio::async_write(stream, asio::buffer(event), use_awaitable);
    }
    const std::string end =
        chunk("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}\n\ndata: [DONE]\n\n") +
        "0\r\n\r\n";
    co_await asio::async_write(stream, asio::buffer(end), use_awaitable);
}

std::string whole_answer(std::size_t size) {
    const std::string body = "{\"data\":\"" + std::string(size, 'x') +
                             "\",\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":200,\"total_tokens\":210}}";
    return fmt::format("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}", body.size(),
                       body);
}

template <class Stream>
asio::awaitable<void> serve(Stream& stream, Load load, double phase) {
    const std::string small = whole_answer(930);
    std::string big;
    std::string buffer;
    for (;;) {
        const std::size_t size =
            co_await asio::async_read_until(stream, asio::dynamic_buffer(buffer), "\r\n\r\n", use_awaitable);
        const std::string head = buffer.substr(0, size);
        const std::size_t whole = size + content_length(head);
        while (buffer.size() < whole) {
            char piece[65536];
            const std::size_t got = co_await stream.async_read_some(asio::buffer(piece), use_awaitable);
            buffer.append(piece, got);
        }
        buffer.erase(0, whole);
        if (head.find("/embeddings ") != head.npos) {
            co_await asio::async_write(stream, asio::buffer(small), use_awaitable);
        } else if (head.find("/models/big ") != head.npos) {
            if (big.empty()) big = whole_answer(std::size_t{64} << 20);
            co_await asio::async_write(stream, asio::buffer(big), use_awaitable);
        } else {
            co_await send_events(stream, load, phase);
        }
    }
}

asio::awaitable<void> connection(tcp::socket socket, asio::ssl::context* tls, Load load, double phase) {
    socket.set_option(tcp::no_delay{true});
    try {
        if (tls == nullptr) co_await serve(socket, load, phase);
        asio::ssl::stream<tcp::socket> stream{std::move(socket), *tls};
        co_await stream.async_handshake(asio::ssl::stream_base::server, use_awaitable);
        co_await serve(stream, load, phase);
    } catch (const std::exception&) {  // the reader has gone
    }
}

asio::awaitable<void> accept(tcp::acceptor& acceptor, asio::ssl::context* tls, Load load) {
    constexpr double golden = 0.6180339887498949;  // spreads any number of them evenly
    for (double phase = 0;; phase = std::fmod(phase + golden, 1.0)) {
        tcp::socket socket = co_await acceptor.async_accept(use_awaitable);
        asio::co_spawn(acceptor.get_executor(), connection(std::move(socket), tls, load, phase), asio::detached);
    }
}

int serve_all(Load load, const std::string& certificate, const std::string& key) {
    asio::io_context context{1};
    asio::ssl::context tls{asio::ssl::context::tls_server};
    if (!certificate.empty()) {
        tls.use_certificate_chain_file(certificate);
        tls.use_private_key_file(key, asio::ssl::context::pem);
    }
    tcp::acceptor acceptor{context, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
    std::printf("%u\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    asio::co_spawn(context, accept(acceptor, certificate.empty() ? nullptr : &tls, load), asio::detached);
    context.run();
    return 0;
}

struct Target {
    std::string host;
    std::string port;
    std::string path;
};

Target target_of(std::string url) {
    url.erase(0, std::string{"http://"}.size());
    const std::size_t slash = url.find('/');
    const std::size_t colon = url.find(':');
    return {url.substr(0, colon), url.substr(colon + 1, slash - colon - 1), url.substr(slash)};
}

struct Seen {
    std::vector<double> times_ms;
    int broken = 0;
};

asio::awaitable<tcp::socket> connected(Target target) {
    const auto executor = co_await asio::this_coro::executor;
    tcp::socket socket{executor};
    tcp::resolver resolver{executor};
    const auto found = co_await resolver.async_resolve(target.host, target.port, use_awaitable);
    co_await socket.async_connect(*found.begin(), use_awaitable);
    socket.set_option(tcp::no_delay{true});
    co_return socket;
}

std::string request(const Target& target, const std::string& token, const char* method, const char* path) {
    const std::string body =
        std::string{method} == "GET"
            ? ""
            : R"({"model":"gpt-5","stream":true,"messages":[{"role":"user","content":"What is the time?"}]})";
    return fmt::format(
        "{} {}{} HTTP/1.1\r\nHost: {}:{}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n"
        "Content-Length: {}\r\n\r\n{}",
        method, target.path, path, target.host, target.port, token, body.size(), body);
}

asio::awaitable<void> read_stream(Target target, std::string token, Seen& seen) {
    tcp::socket socket = co_await connected(target);
    const std::string question = request(target, token, "POST", "/chat/completions");
    co_await asio::async_write(socket, asio::buffer(question), use_awaitable);
    std::string buffer;
    while (buffer.find("0\r\n\r\n") == buffer.npos) {
        char piece[16384];
        const std::size_t got = co_await socket.async_read_some(asio::buffer(piece), use_awaitable);
        const std::int64_t arrived = clock_now();
        buffer.append(piece, got);
        for (std::size_t at; (at = buffer.find("\n\n")) != buffer.npos; buffer.erase(0, at + 2)) {
            const std::size_t time = buffer.substr(0, at).rfind("\"t\":");
            if (time == buffer.npos) continue;
            const std::int64_t left = std::strtoll(buffer.c_str() + time + 4, nullptr, 10);
            seen.times_ms.push_back(static_cast<double>(arrived - left) / 1e6);
        }
    }
}

// Whole answers, one after the other; throws where one is no 200.
asio::awaitable<void> ask(Target target, std::string token, const char* method, const char* path, int count,
                          Seen& seen) {
    tcp::socket socket = co_await connected(target);
    const std::string question = request(target, token, method, path);
    std::vector<char> memory(1 << 20);
    for (int i = 0; i < count; ++i) {
        const std::int64_t began = clock_now();
        co_await asio::async_write(socket, asio::buffer(question), use_awaitable);
        std::string head;
        const std::size_t size =
            co_await asio::async_read_until(socket, asio::dynamic_buffer(head), "\r\n\r\n", use_awaitable);
        if (!head.starts_with("HTTP/1.1 200 ")) throw std::runtime_error{head.substr(0, head.find('\r'))};
        std::size_t left = content_length(head.substr(0, size)) - (head.size() - size);
        while (left > 0) left -= co_await socket.async_read_some(asio::buffer(memory), use_awaitable);
        seen.times_ms.push_back(static_cast<double>(clock_now() - began) / 1e6);
    }
}

void begin(asio::io_context& context, asio::awaitable<void> work, Seen& seen) {
    asio::co_spawn(context, std::move(work), [&seen](std::exception_ptr failure) {
        if (!failure) return;
        ++seen.broken;
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "%s\n", error.what());
        }
    });
}

double at(const Seen& seen, double part) {
    const auto last = static_cast<double>(seen.times_ms.size()) - 1;
    return seen.times_ms.empty() ? 0 : seen.times_ms[static_cast<std::size_t>(part * last)];
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words{argv + 1, argv + argc};
    const std::string what = words.empty() ? "" : words[0];
    const auto word = [&](std::size_t i) { return i < words.size() ? words[i] : std::string{}; };
    if (what == "serve" && words.size() >= 3)
        return serve_all({std::stoi(word(1)), std::chrono::milliseconds{std::stoi(word(2))}}, word(3), word(4));
    if (words.size() < 3) {
        std::fprintf(stderr,
                     "sse-probe serve EVENTS INTERVAL_MS [CERT KEY] | read (URL TOKEN STREAMS)... | ask URL TOKEN "
                     "COUNT | fetch URL TOKEN\n");
        return 64;
    }
    asio::io_context context{1};
    Seen seen;
    const auto target = [&](std::size_t i) { return target_of(word(i)); };
    for (std::size_t i = 1; what == "read" && i + 2 < words.size(); i += 3)
        for (int n = std::stoi(word(i + 2)); n > 0; --n)
            begin(context, read_stream(target(i), word(i + 1), seen), seen);
    if (what == "ask") begin(context, ask(target(1), word(2), "POST", "/embeddings", std::stoi(word(3)), seen), seen);
    if (what == "fetch") begin(context, ask(target(1), word(2), "GET", "/models/big", 1, seen), seen);
    context.run();
    std::sort(seen.times_ms.begin(), seen.times_ms.end());
    if (what == "read") std::printf("%zu ", seen.times_ms.size());
    std::printf("%.4f %.4f %.4f\n", at(seen, 0.5), at(seen, 0.99), at(seen, 1));
    return seen.broken == 0 ? 0 : 1;
}
