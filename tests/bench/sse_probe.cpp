// A stream of events whose every piece says when it left, and a reader that says how long each was on its way. Both
// ends on one machine, so that one clock counts.
//   sse-probe serve EVENTS INTERVAL_MS           a provider on loopback; says its port, and serves until it is killed
//   sse-probe read URL TOKEN [STREAMS]           reads so many streams at once, and prints what it saw
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
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

asio::awaitable<void> serve(tcp::socket socket, int events, int interval_ms) {
    socket.set_option(tcp::no_delay{true});
    std::string buffer;
    try {
        for (;;) {
            const std::size_t size =
                co_await asio::async_read_until(socket, asio::dynamic_buffer(buffer), "\r\n\r\n", use_awaitable);
            const std::size_t whole = size + content_length(buffer.substr(0, size));
            while (buffer.size() < whole) {
                char piece[65536];
                const std::size_t got = co_await socket.async_read_some(asio::buffer(piece), use_awaitable);
                buffer.append(piece, got);
            }
            buffer.erase(0, whole);
            const std::string head =
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
            co_await asio::async_write(socket, asio::buffer(head), use_awaitable);
            asio::steady_timer timer{socket.get_executor(), std::chrono::steady_clock::now()};
            for (int i = 0; i < events; ++i) {
                timer.expires_at(timer.expiry() + std::chrono::milliseconds{interval_ms});
                co_await timer.async_wait(use_awaitable);
                const std::string event = chunk(fmt::format(
                    "data: {{\"choices\":[{{\"delta\":{{\"content\":\"word\"}}}}],\"t\":{}}}\n\n", clock_now()));
                co_await asio::async_write(socket, asio::buffer(event), use_awaitable);
            }
            const std::string end =
                chunk(
                    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}\n\ndata: "
                    "[DONE]\n\n") +
                "0\r\n\r\n";
            co_await asio::async_write(socket, asio::buffer(end), use_awaitable);
        }
    } catch (const std::exception&) {  // the reader has gone
    }
}

asio::awaitable<void> accept(tcp::acceptor& acceptor, int events, int interval_ms) {
    for (;;) {
        tcp::socket socket = co_await acceptor.async_accept(use_awaitable);
        asio::co_spawn(acceptor.get_executor(), serve(std::move(socket), events, interval_ms), asio::detached);
    }
}

int serve_all(int events, int interval_ms) {
    asio::io_context context{1};
    tcp::acceptor acceptor{context, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
    std::printf("%u\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    asio::co_spawn(context, accept(acceptor, events, interval_ms), asio::detached);
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
    std::vector<double> delays_ms;
    int broken = 0;
};

asio::awaitable<void> read_stream(asio::any_io_executor executor, Target target, std::string token, Seen& seen) {
    tcp::socket socket{executor};
    try {
        tcp::resolver resolver{executor};
        const auto found = co_await resolver.async_resolve(target.host, target.port, use_awaitable);
        co_await socket.async_connect(*found.begin(), use_awaitable);
        socket.set_option(tcp::no_delay{true});
        const std::string body = R"({"model":"gpt-5","stream":true,"messages":[{"role":"user","content":"hi"}]})";
        const std::string request = fmt::format(
            "POST {}/chat/completions HTTP/1.1\r\nHost: {}:{}\r\nAuthorization: Bearer {}\r\nContent-Type: "
            "application/json\r\nContent-Length: {}\r\n\r\n{}",
            target.path, target.host, target.port, token, body.size(), body);
        co_await asio::async_write(socket, asio::buffer(request), use_awaitable);
        std::string buffer;
        for (;;) {
            char piece[16384];
            const std::size_t got = co_await socket.async_read_some(asio::buffer(piece), use_awaitable);
            const std::int64_t arrived = clock_now();
            buffer.append(piece, got);
            for (std::size_t at; (at = buffer.find("\n\n")) != buffer.npos; buffer.erase(0, at + 2)) {
                const std::size_t time = buffer.substr(0, at).rfind("\"t\":");
                if (time == buffer.npos) continue;
                const std::int64_t left = std::strtoll(buffer.c_str() + time + 4, nullptr, 10);
                seen.delays_ms.push_back(static_cast<double>(arrived - left) / 1e6);
            }
            if (buffer.find("0\r\n\r\n") != buffer.npos) co_return;
        }
    } catch (const std::exception& error) {
        ++seen.broken;
        std::fprintf(stderr, "%s\n", error.what());
    }
}

int read_all(const std::string& url, const std::string& token, int streams) {
    asio::io_context context{1};
    Seen seen;
    for (int i = 0; i < streams; ++i)
        asio::co_spawn(context, read_stream(context.get_executor(), target_of(url), token, seen), asio::detached);
    context.run();
    std::sort(seen.delays_ms.begin(), seen.delays_ms.end());
    const auto at = [&](double part) {
        return seen.delays_ms.empty()
                   ? 0.0
                   : seen.delays_ms[static_cast<std::size_t>(part * static_cast<double>(seen.delays_ms.size() - 1))];
    };
    std::printf("%zu events, on their way for p50 %.3f ms, p99 %.3f ms, at most %.3f ms; %d streams broken\n",
                seen.delays_ms.size(), at(0.5), at(0.99), at(1), seen.broken);
    return seen.broken == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words{argv + 1, argv + argc};
    if (words.size() == 3 && words[0] == "serve") return serve_all(std::stoi(words[1]), std::stoi(words[2]));
    if (words.size() >= 3 && words[0] == "read")
        return read_all(words[1], words[2], words.size() > 3 ? std::stoi(words[3]) : 1);
    std::fprintf(stderr, "sse-probe serve EVENTS INTERVAL_MS | sse-probe read URL TOKEN [STREAMS]\n");
    return 64;
}
