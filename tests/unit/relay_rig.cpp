// The playing of both ends.
#include "relay_rig.hpp"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

#include <boost/asio/local/stream_protocol.hpp>

#include "../support/catch.hpp"
#include "../support/loopback.hpp"
#include "daemon/broker/framing.hpp"
#include "daemon/broker/upstreams.hpp"

namespace eph::test {
namespace {

constexpr int patience_ms = 60'000;

void must(bool held, const char* what) {
    if (!held) throw std::runtime_error(std::string{what} + ": " + std::strerror(errno));
}

bool ready(int fd, short events, int within_ms) {
    pollfd waited{fd, events, 0};
    return ::poll(&waited, 1, within_ms) == 1;
}

Task<KeyRef> give(KeyRef key) { co_return key; }

std::shared_ptr<Brokered> make_session(const RigOptions& options, int port, const Prices& prices,
                                       asio::any_io_executor executor, Rig& rig) {
    const std::string base = fmt::format("http://127.0.0.1:{}/base", port);
    Upstream upstream = upstream_for(options.provider, Config{}, parse_base_url(base));
    const auto key = std::make_shared<const Secret>(std::string_view{Rig::key});
    return std::make_shared<Brokered>(Brokered{
        SessionId{"s1"}, std::move(upstream), token_hash(Rig::token), Meter{options.limits, prices, options.provider},
        false, Signal{executor}, [key] { return give(key); }, [&rig](const KeyRef&) { ++rig.keys_refused; }, [] {},
        [&rig](const Refusal& no) { rig.refusals.push_back(no.reason); }});
}

}  // namespace

Peer::Peer(int fd) : fd_(fd) {
    must(fd >= 0, "no connection");
    const int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Peer& Peer::operator=(Peer&& other) noexcept {
    close();
    fd_ = std::exchange(other.fd_, -1);
    unread_ = std::move(other.unread_);
    return *this;
}

Peer::~Peer() { close(); }

void Peer::send(std::string_view text) {
    while (!text.empty()) {
        must(ready(fd_, POLLOUT, patience_ms), "the relay does not read");
        const auto sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        must(sent > 0, "cannot send");
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::future<void> Peer::send_aside(std::string text) {
    return std::async(std::launch::async, [this, text = std::move(text)] { send(text); });
}

bool Peer::more() {
    must(ready(fd_, POLLIN, patience_ms), "nothing came within a minute");
    char memory[65536];
    const auto got = recv(fd_, memory, sizeof memory, 0);
    if (got > 0) unread_.append(memory, static_cast<std::size_t>(got));
    return got > 0;
}

std::string Peer::read(std::size_t size) {
    while (unread_.size() < size) must(more(), "ended too soon");
    std::string text = unread_.substr(0, size);
    unread_.erase(0, size);
    return text;
}

std::string Peer::read_until(std::string_view mark) {
    while (unread_.find(mark) == unread_.npos) must(more(), "ended too soon");
    return read(unread_.find(mark) + mark.size());
}

std::string Peer::read_request() {
    const std::string head = read_head();
    const std::string small = [&] {
        std::string text = head;
        for (char& c : text) c = static_cast<char>(std::tolower(c));
        return text;
    }();
    if (const std::size_t at = small.find("\r\ncontent-length: "); at != small.npos)
        return head + read(std::stoul(small.substr(at + 18)));
    if (small.find("\r\ntransfer-encoding: chunked") == small.npos) return head;
    BodyReader reader{{Framing::Kind::chunked, 0}};
    std::string body;
    while (!reader.done()) {
        if (unread_.empty()) must(more(), "ended too soon");
        const auto piece = reader.take(unread_.data(), unread_.size());
        body += piece.content;
        unread_.erase(0, piece.used);
    }
    return head + body;
}

std::string Peer::read_to_end() {
    while (more()) {
    }
    return std::exchange(unread_, {});
}

Peer::End Peer::end() {
    while (true) {
        must(ready(fd_, POLLIN, patience_ms), "no end came within a minute");
        char memory[65536];
        const auto got = recv(fd_, memory, sizeof memory, 0);
        if (got <= 0) return got == 0 ? End::orderly : End::broken;
    }
}

std::size_t Peer::send_until_full(std::string_view piece, std::size_t most) {
    std::size_t sent = 0;
    while (sent < most && ready(fd_, POLLOUT, 500)) {
        const std::size_t size = std::min(piece.size(), most - sent);
        const auto taken = ::send(fd_, piece.data(), size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (taken <= 0) break;
        sent += static_cast<std::size_t>(taken);
    }
    return sent;
}

void Peer::end_of_sending() { ::shutdown(fd_, SHUT_WR); }

void Peer::close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void Peer::reset() {
    const linger at_once{1, 0};
    (void)setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
}

FakeProvider::FakeProvider() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    must(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(fd_, 64) == 0, "cannot listen");
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
}

FakeProvider::~FakeProvider() { ::close(fd_); }

Peer FakeProvider::accept() {
    must(ready(fd_, POLLIN, patience_ms), "the relay did not connect within a minute");
    return Peer{::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC)};
}

bool FakeProvider::nobody_waits() const { return !ready(fd_, POLLIN, 0); }

Rig::Rig(RigOptions options)
    : https_({}, "", ""),
      limits_(options.relay),
      acceptor_(io_, {asio::ip::address_v4::loopback(), 0}),
      listening_(io_.get_executor()),
      serving_(io_.get_executor()) {
    std::signal(SIGPIPE, SIG_IGN);  // as ephd does
    session = make_session(options, provider.port(), prices_, io_.get_executor(), *this);
    listening_.spawn("listener", listen());
    thread_ = std::thread{[this] { io_.run(); }};
}

Rig::~Rig() {
    in_loop([this] {
        listening_.cancel(asio::cancellation_type::terminal);
        serving_.cancel(asio::cancellation_type::terminal);
        https_.close_idle();
    });
    thread_.join();   // every connection has come to its end by itself
    session.reset();  // its timers belong to io_, which goes before it
}

Task<void> Rig::listen() {
    while (true) {
        asio::ip::tcp::socket socket = co_await acceptor_.async_accept(use_awaitable);
        socket.set_option(asio::ip::tcp::no_delay{true});
        serving_.spawn("agent", serve_agent(AgentSocket{std::move(socket)}, session, https_, limits_));
    }
}

Peer Rig::agent() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(acceptor_.local_endpoint().port());
    must(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "cannot connect");
    return Peer{fd};
}

Peer Rig::agent_on_unix_socket() {
    int ends[2];
    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "no socket pair");
    in_loop([&] {
        asio::local::stream_protocol::socket socket{io_, asio::local::stream_protocol{}, ends[1]};
        serving_.spawn("agent", serve_agent(AgentSocket{std::move(socket)}, session, https_, limits_));
    });
    return Peer{ends[0]};
}

void Rig::in_loop(std::function<void()> work) {
    std::promise<void> done;
    asio::post(io_, [&] {
        work();
        done.set_value();
    });
    done.get_future().get();
}

wire::Usage Rig::usage() {
    wire::Usage usage;
    in_loop([&] { usage = session->meter.usage(); });
    return usage;
}

void Rig::cut() {
    in_loop([this] { serving_.cancel(asio::cancellation_type::terminal); });
}

UnderWay::UnderWay(Rig& rig, const std::string& request)
    : agent(rig.agent()), provider((agent.send(request), rig.provider.accept())) {
    provider.read_request();
}

std::string post(std::string_view body, std::string_view more_fields) {
    return fmt::format(
        "POST /openai/v1/responses HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n"
        "{}\r\n{}",
        Rig::token, body.size(), more_fields, body);
}

std::string get(std::string_view path, std::string_view more_fields) {
    return fmt::format("GET /openai/v1{} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\n{}\r\n", path,
                       Rig::token, more_fields);
}

std::string answer(std::string_view body, std::string_view more_fields) {
    return fmt::format("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n{}",
                       body.size(), more_fields, body);
}

std::string chunk(std::string_view content) { return fmt::format("{:x}\r\n{}\r\n", content.size(), content); }

std::string body_of(std::string_view message) { return std::string{message.substr(message.find("\r\n\r\n") + 4)}; }

int status_of(std::string_view message) { return std::stoi(std::string{message.substr(9, 3)}); }

}  // namespace eph::test
