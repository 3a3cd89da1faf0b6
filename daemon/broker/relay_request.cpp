// A request on its way out: the connection, the head with the real key, the body.
#include "common/error.hpp"
#include "daemon/broker/agent_connection.hpp"
#include "daemon/broker/headers.hpp"

namespace eph {
namespace {

constexpr std::size_t upstream_memory = std::size_t{64} * 1024;

// A body of up to this size goes out in one piece with its head, as one TLS record.
constexpr std::size_t one_record = std::size_t{16} * 1024;

std::string sentence(const Error& error) {
    return error.hint().empty() ? error.message() : fmt::format("{}. {}", error.message(), error.hint());
}

}  // namespace

Task<void> AgentConnection::send(Exchange& exchange) {
    exchange.key = session_->key_at_hand();
    if (!exchange.key) exchange.key = co_await fetch_key();
    agent_->read();  // its end is noticed meanwhile
    for (bool pooled = take_pooled();; pooled = false) {
        if (!pooled) co_await connect();
        if (agent_->ended()) throw AgentGone{};
        write_head(exchange);
        bool taken = !upstream_->writing() && !upstream_->write_failed();
        if (upstream_->writing()) taken = co_await upstream_reads();
        out_.clear();
        if (taken) break;
        const bool was_dead = pooled && upstream_->written() == 0;
        if (!was_dead) {
            exchange.incomplete = true;  // it may have answered nevertheless
            break;
        }
        release_upstream(false);
    }
    if (exchange.whole) {
        agent_->consume(std::exchange(exchange.in_line, 0));
    } else {
        co_await send_rest(exchange);
    }
    agent_->shrink();  // an answer may go on for long
    exchange.close = exchange.close || exchange.incomplete;
    if (exchange.admission) exchange.admission->end.reached = !exchange.incomplete;
}

Task<KeyRef> AgentConnection::fetch_key() {
    std::optional<RelayRefused> failure;
    try {
        co_return co_await session_->key();
    } catch (const Error& error) {
        failure = upstream_failure(503, "eph: " + sentence(error));
    }
    failure->refusal.reason = "credential";
    throw *failure;
}

bool AgentConnection::take_pooled() {
    auto connection = https_.pooled(session_->upstream.base);
    if (!connection) return false;
    attach_upstream(std::move(connection));
    return true;
}

Task<void> AgentConnection::connect() {
    const Upstream& upstream = session_->upstream;
    std::unique_ptr<Connection> connection;
    std::optional<RelayRefused> failure;
    try {
        connection = co_await https_.connect(upstream.base);
    } catch (const Error& error) {
        failure = upstream_failure(error.code() == Code::timeout ? 504 : 502,
                                   fmt::format("eph cannot reach {}: {}", upstream.title, sentence(error)));
    }
    if (agent_->ended()) throw AgentGone{};
    if (failure) throw *failure;
    attach_upstream(std::move(connection));
}

void AgentConnection::attach_upstream(std::unique_ptr<Connection> connection) {
    if (spare_) {
        upstream_ = std::exchange(spare_, nullptr);
        upstream_->attach(std::move(connection));
    } else {
        upstream_ = std::make_shared<Line>(std::move(connection), wake_, upstream_memory);
    }
}

// With the body, where that is whole.
void AgentConnection::write_head(const Exchange& exchange) {
    std::string_view body;
    Framing framing = exchange.framing;
    if (exchange.whole && framing.kind != Framing::Kind::none) {
        body = framing.kind == Framing::Kind::chunked ? std::string_view{held_}
                                                      : agent_->unread().substr(0, exchange.in_line);
        framing = {Framing::Kind::length, body.size()};
    }
    const Forwarded forwarded{exchange.head, exchange.route.path, exchange.route.query, framing, exchange.token};
    compose_request(out_, forwarded, session_->upstream, exchange.key ? exchange.key->reveal() : std::string_view{});
    if (out_.reveal().size() + body.size() <= one_record) out_.append(std::exchange(body, {}));
    upstream_->write({bytes(out_.reveal()), bytes(body)}, shared_from_this());
}

// A body too large to be held: each piece is scanned before it goes. A provider that reads no further than the end of
// the document must not see that end before the meter has said yes.
Task<void> AgentConnection::send_rest(Exchange& exchange) {
    if (exchange.incomplete) co_return;
    upstream_->read();  // it may answer before it has read everything
    std::string_view content = held_;
    while (true) {
        if (content.empty()) content = co_await next_piece(exchange);
        if (content.empty() && !exchange.body.done()) break;
        const bool to_decide = !exchange.admission && (exchange.scan->decided() || exchange.body.done());
        if (to_decide && !admitted(exchange)) co_await wait_for_admission(exchange);
        const bool was_one_document = exchange.facts && exchange.facts->fault.empty();
        if (was_one_document && !exchange.scan->facts().fault.empty())
            throw relay_refusal(400, "malformed", "eph: the request's body is not one JSON document");
        const bool sent = co_await send_piece(exchange, content);
        if (!sent) break;
        agent_->consume(std::exchange(exchange.taken, 0));
        if (exchange.body.done()) co_return;
        content = {};
    }
    agent_->consume(std::exchange(exchange.taken, 0));
    exchange.incomplete = true;
}

Task<bool> AgentConnection::send_piece(const Exchange& exchange, std::string_view content) {
    Pieces pieces{asio::const_buffer{}, bytes(content), asio::const_buffer{}};
    if (exchange.framing.kind == Framing::Kind::chunked) {
        const bool last = exchange.body.done();
        lead_ = content.empty() ? std::string_view{} : ChunkLine{content.size()}.text();
        pieces[0] = bytes(lead_);
        pieces[2] = bytes(content.empty() ? last_chunk : last ? chunk_end_and_last_chunk : chunk_end);
    }
    co_return co_await to_upstream(pieces);
}

bool AgentConnection::answered_early() const {
    return upstream_ && !upstream_->reading() && (upstream_->ended() || !upstream_->unread().empty());
}

// False where it was not all taken.
Task<bool> AgentConnection::to_upstream(Pieces pieces) {
    if (answered_early()) co_return false;
    upstream_->write(pieces, shared_from_this());
    co_return co_await upstream_reads();
}

Task<bool> AgentConnection::upstream_reads() {
    const auto deadline = Clock::now() + limits_.upstream;
    while (upstream_->writing()) {
        if (answered_early()) upstream_->stop_writing();
        if (Clock::now() >= deadline)
            throw upstream_failure(504, fmt::format("eph: {} does not read the request", session_->upstream.title));
        co_await wake_->wait(deadline);
    }
    co_return !upstream_->write_failed();
}

}  // namespace eph
