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
    exchange.key = co_await fetch_key();
    bool sent = co_await send_head(exchange, false);
    if (!sent) sent = co_await send_head(exchange, true);
    if (exchange.whole) {
        agent_->consume(std::exchange(exchange.in_line, 0));
    } else {
        co_await send_rest(exchange);
    }
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

// Says whether the connection was used before.
Task<bool> AgentConnection::connect(bool fresh) {
    const Upstream& upstream = session_->upstream;
    agent_->read();  // its end is noticed meanwhile
    std::unique_ptr<Connection> connection;
    if (!fresh) connection = https_.pooled(upstream.base);
    const bool pooled = connection != nullptr;
    std::optional<RelayRefused> failure;
    try {
        if (!pooled) connection = co_await https_.connect(upstream.base);
    } catch (const Error& error) {
        failure = upstream_failure(error.code() == Code::timeout ? 504 : 502,
                                   fmt::format("eph cannot reach {}: {}", upstream.title, sentence(error)));
    }
    if (agent_->ended()) throw AgentGone{};
    if (failure) throw *failure;
    if (spare_) {
        upstream_ = std::exchange(spare_, nullptr);
        upstream_->attach(std::move(connection));
    } else {
        upstream_ = std::make_shared<Line>(std::move(connection), wake_, upstream_memory);
    }
    co_return pooled;
}

// With the body, where that is whole. False: the connection was dead before any of it was written.
Task<bool> AgentConnection::send_head(Exchange& exchange, bool fresh) {
    const bool pooled = co_await connect(fresh);
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
    const Pieces pieces{bytes(out_.reveal()), bytes(body)};
    const bool written = co_await to_upstream(pieces);
    out_.clear();
    if (written) co_return true;
    if (pooled && upstream_->written() == 0) {
        release_upstream(false);
        co_return false;
    }
    exchange.incomplete = true;  // it may have answered nevertheless
    co_return true;
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
        if (!exchange.admission && (exchange.scan->decided() || exchange.body.done())) co_await admit(exchange);
        if (exchange.was_one_document && !exchange.scan->facts().fault.empty())
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
