// The body of a request on its way in: read whole where it is small, in pieces where it is not, and what the meter
// says.

#include <algorithm>

#include "daemon/broker/agent_connection.hpp"

namespace eph {
namespace {

constexpr std::size_t whole_limit = std::size_t{256} * 1024;  // the agent's line holds as much

RelayRefused too_slow() { return relay_refusal(408, "slow", "eph: the request's body did not come within its time"); }

}  // namespace

// A body of a known and small size stays where it was read; false: not all of it has come.
bool AgentConnection::find_body(Exchange& exchange) {
    const Framing& framing = exchange.framing;
    if (framing.kind == Framing::Kind::none) return true;
    if (framing.kind != Framing::Kind::length || framing.length > whole_limit) return false;
    const auto length = static_cast<std::size_t>(framing.length);
    if (agent_->unread().size() < length) return false;
    exchange.scan->push(agent_->unread().substr(0, length));
    exchange.in_line = length;
    exchange.body = BodyReader{};  // nothing more is to be read
    return true;
}

Task<void> AgentConnection::read_body(Exchange& exchange) {
    held_.clear();
    if (exchange.framing.kind == Framing::Kind::chunked) {
        co_await gather_chunks(exchange);
    } else if (exchange.framing.length <= whole_limit) {
        while (!find_body(exchange)) {
            if (agent_->ended()) throw AgentGone{};
            const bool came = co_await more_from_agent(body_deadline(exchange, agent_->unread().size()));
            if (!came) throw too_slow();
        }
    }
}

// Neither a silence nor a trickle goes on for ever.
AgentConnection::Clock::time_point AgentConnection::body_deadline(const Exchange& exchange, std::uint64_t came) const {
    const auto at_that_rate = std::chrono::seconds{came / limits_.body_rate};
    return std::min(Clock::now(), exchange.body_began + at_that_rate) + limits_.body;
}

Task<void> AgentConnection::gather_chunks(Exchange& exchange) {
    while (!exchange.body.done() && held_.size() < whole_limit) {
        held_ += co_await next_piece(exchange);
        agent_->consume(std::exchange(exchange.taken, 0));
    }
}

// A piece of the body, scanned; empty only where the body has its end, or where the provider has answered early.
Task<std::string_view> AgentConnection::next_piece(Exchange& exchange) {
    while (true) {
        const auto piece = exchange.body.take(agent_->data(), agent_->unread().size());
        exchange.taken = piece.used;
        count_body(exchange, piece.content.size());
        exchange.scan->push(piece.content);
        if (!piece.content.empty() || exchange.body.done()) co_return piece.content;
        agent_->consume(std::exchange(exchange.taken, 0));
        if (agent_->ended()) throw AgentGone{};
        agent_->read();
        const auto deadline = body_deadline(exchange, exchange.body_bytes);
        while (agent_->reading()) {
            if (answered_early()) co_return std::string_view{};
            if (Clock::now() >= deadline) throw too_slow();
            co_await wake_->wait(deadline);
        }
    }
}

// Throws where it is refused; false: others have to end first.
bool AgentConnection::admitted(Exchange& exchange) {
    if (session_->over) throw session_over();
    if (!exchange.facts) exchange.facts = exchange.scan->facts();
    const Meter::Verdict verdict = session_->meter.admit(*exchange.facts, now());
    if (const auto* refusal = std::get_if<Refusal>(&verdict)) throw RelayRefused{*refusal, RelayRefused::By::meter};
    const auto* ticket = std::get_if<Meter::Ticket>(&verdict);
    if (ticket == nullptr) return false;
    exchange.admission.emplace(session_, *ticket, exchange.began);
    if (session_->used) session_->used();  // the ledger has it before it ends, lest ephd is killed meanwhile
    return true;
}

Task<void> AgentConnection::wait_for_admission(Exchange& exchange) {
    const auto deadline = Clock::now() + limits_.meter;
    do {
        if (Clock::now() >= deadline) {
            RelayRefused busy =
                relay_refusal(503, "busy", "eph: other requests of this session must end first, and none does");
            busy.refusal.retry_after = std::chrono::seconds{30};
            throw busy;
        }
        co_await wait_for_meter(exchange, deadline);
    } while (!admitted(exchange));
}

// Until another request has come to its end, or the agent has hung up.
Task<void> AgentConnection::wait_for_meter(Exchange& exchange, Clock::time_point deadline) {
    if (exchange.taken == 0) agent_->read();
    const Wake::Also whatever_happens{*wake_, session_->settled};
    if (!agent_->ended()) co_await session_->settled.wait_until(deadline);
    if (agent_->ended()) throw AgentGone{};
}

}  // namespace eph
