// A relay on loopback between an agent and a provider that a test plays itself, byte by byte.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "daemon/async/task_group.hpp"
#include "daemon/broker/prices.hpp"
#include "daemon/broker/relay.hpp"

namespace eph::test {

// One end of a connection, blocking; what does not come within a minute fails the test.
class Peer {
public:
    explicit Peer(int fd);
    Peer(Peer&& other) noexcept : fd_(std::exchange(other.fd_, -1)), unread_(std::move(other.unread_)) {}
    Peer& operator=(Peer&& other) noexcept;
    ~Peer();

    void send(std::string_view text);
    std::string read(std::size_t size);  // exactly as much
    std::string read_until(std::string_view mark);
    std::string read_head() { return read_until("\r\n\r\n"); }
    std::string read_request();  // with its body, of whichever framing, as it came
    std::string read_answer() { return read_request(); }
    std::string read_to_end();  // however it ends

    enum class End { orderly, broken };
    End end();  // reads and throws away what comes before it

    std::future<void> send_aside(std::string text);                         // while the test reads
    std::size_t send_until_full(std::string_view piece, std::size_t most);  // as much as is taken in half a second

    int native() const { return fd_; }
    void end_of_sending();
    void close();
    void reset();

private:
    bool more();

    int fd_;
    std::string unread_;
};

// Where the relay looks for the provider.
class FakeProvider {
public:
    FakeProvider();
    ~FakeProvider();
    FakeProvider(const FakeProvider&) = delete;

    int port() const { return port_; }
    Peer accept();
    bool nobody_waits() const;  // no connection is there to be accepted

private:
    int fd_;
    int port_ = 0;
};

struct RigOptions {
    wire::Limits limits;
    RelayLimits relay;
    std::string provider = "openai";
};

class Rig {
public:
    explicit Rig(RigOptions options = {});
    ~Rig();

    Peer agent();  // over TCP
    Peer agent_on_unix_socket();
    void in_loop(std::function<void()> work);  // where the relay runs; waits for it
    wire::Usage usage();
    void cut();  // ends every connection, as ephd does

    static constexpr const char* token = "session-token";
    static constexpr const char* key = "real-key";

    FakeProvider provider;
    std::shared_ptr<Brokered> session;
    std::vector<std::string> refusals;  // their reasons; look at it in the loop
    int keys_refused = 0;

private:
    Task<void> listen();

    asio::io_context io_;
    Prices prices_;
    HttpsClient https_;
    RelayLimits limits_;
    asio::ip::tcp::acceptor acceptor_;
    TaskGroup listening_;
    TaskGroup serving_;
    std::thread thread_;
};

// POST /openai/v1/responses with that body, and the token.
std::string post(std::string_view body, std::string_view more_fields = {});
std::string get(std::string_view path, std::string_view more_fields = {});
std::string answer(std::string_view body, std::string_view more_fields = {});  // 200, with Content-Length
std::string chunk(std::string_view content);
std::string body_of(std::string_view message);
int status_of(std::string_view message);

inline const std::string small_request = R"({"model": "gpt-5", "input": "hi"})";
inline const std::string plain_stream_head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
inline const std::string stream_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

// A request that its provider has read: both of its ends.
struct UnderWay {
    explicit UnderWay(Rig& rig, const std::string& request = post(small_request));
    Peer agent;
    Peer provider;
};

}  // namespace eph::test
