// The course of a connection: a head is read, its request relayed or refused, and so on to the end of either side.
#include "daemon/broker/relay.hpp"

#include "daemon/broker/agent_connection.hpp"

namespace eph {
namespace {

// What is read ahead of an agent: a body of up to this size is read whole before the provider hears of it.
constexpr std::size_t agent_memory = std::size_t{256} * 1024;

constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Task<void> serve_agent(AgentSocket socket, std::shared_ptr<Brokered> session, HttpsClient& https, RelayLimits limits,
                       Clients* clients) {
    std::optional<Clients::Seat> seat;
    if (clients != nullptr) seat.emplace(*clients, socket.native_handle());
    // However this ends, what is under way is called off.
    struct Serving {
        std::shared_ptr<AgentConnection> connection;
        ~Serving() { connection->close(); }
    };
    const Serving serving{
        std::make_shared<AgentConnection>(std::move(socket), std::move(session), https, std::move(limits))};
    if (seat) serving.connection->sits_on(*seat);
    co_await serving.connection->serve();
}

AgentConnection::AgentConnection(AgentSocket socket, std::shared_ptr<Brokered> session, HttpsClient& https,
                                 RelayLimits limits)
    : session_(std::move(session)),
      https_(https),
      limits_(limits),
      wake_(std::make_shared<Wake>(socket.get_executor())),
      agent_(std::make_shared<Line>(std::make_unique<Connection>(std::move(socket)), wake_, agent_memory)) {}

void AgentConnection::close() {
    release_upstream(false);
    agent_->close();
}

Task<void> AgentConnection::serve() {
    bool more = true;
    while (more) more = co_await serve_request();
}

Task<bool> AgentConnection::serve_request() {
    Exchange exchange;
    std::optional<RelayRefused> refused;
    try {
        if (!co_await read_head(exchange)) co_return false;
        co_return co_await relay_request(exchange);
    } catch (const RelayRefused& no) {
        refused = no;
    } catch (const BadMessage& bad) {
        exchange.close = true;  // where its body ends, nobody can say
        refused = relay_refusal(bad.status(), "malformed", fmt::format("eph: {}", bad.what()));
    } catch (const AgentGone&) {
        co_return false;
    } catch (const UpstreamBroke&) {
        agent_->reset();
        co_return false;
    }
    release_upstream(false);
    co_return co_await refuse(exchange, *refused);
}

Task<bool> AgentConnection::read_head(Exchange& exchange) {
    if (seat_ != nullptr) seat_->awaits_request();
    HeadEnd end;
    bool begun = false;
    auto deadline = Clock::now() + limits_.idle;
    while (true) {
        if (!agent_->unread().empty()) {
            if (!begun) {
                begun = true;
                exchange.began = Clock::now();
                deadline = exchange.began + limits_.head;
            }
            if (const std::size_t size = end.look(agent_->unread()); size != 0) {
                exchange.head_text = agent_->unread().substr(0, size);
                agent_->consume_secret(size);  // the token
                co_return true;
            }
        }
        if (agent_->ended()) co_return false;
        const bool came = co_await more_from_agent(deadline);
        if (came) continue;
        if (begun) throw relay_refusal(408, "slow", "eph: the request's head did not come within its time");
        co_return false;
    }
}

Task<bool> AgentConnection::relay_request(Exchange& exchange) {
    parse_head(exchange.head_text, exchange.head);
    exchange.framing = request_framing(exchange.head.fields);
    exchange.body = BodyReader{exchange.framing};
    exchange.close = list_has(exchange.head.fields, "Connection", "close");
    check_request(*session_, exchange);
    if (seat_ != nullptr) seat_->is_served();  // the token is right
    exchange.body_began = Clock::now();
    const bool waits = find_field(exchange.head.fields, "Expect") != nullptr && !exchange.body.done();
    if (waits && agent_->unread().empty()) {
        const Pieces pieces{bytes(go_on)};
        co_await to_agent(pieces);
    }
    if (!find_body(exchange)) co_await read_body(exchange);
    exchange.whole = exchange.body.done();
    if (exchange.whole && !admitted(exchange)) co_await wait_for_admission(exchange);
    co_await send(exchange);
    co_return co_await answer(exchange);
}

Task<bool> AgentConnection::more_from_agent(Clock::time_point deadline) {
    agent_->read();
    while (agent_->reading()) {
        co_await wake_->wait(deadline);
        if (agent_->reading() && Clock::now() >= deadline) co_return false;
    }
    co_return true;
}

// What can be written at once, which is nearly always all of it. False: the rest goes on, wait for it by agent_reads().
bool AgentConnection::written_to_agent(const Pieces& pieces) {
    agent_->write(pieces, shared_from_this());
    if (agent_->write_failed()) throw AgentGone{};
    return !agent_->writing();
}

Task<void> AgentConnection::agent_reads() {
    const auto deadline = Clock::now() + limits_.reader;
    while (agent_->writing()) {
        if (Clock::now() >= deadline) throw AgentGone{};
        co_await wake_->wait(deadline);
    }
    if (agent_->write_failed()) throw AgentGone{};
}

Task<void> AgentConnection::to_agent(Pieces pieces) {
    if (!written_to_agent(pieces)) co_await agent_reads();
}

}  // namespace eph
