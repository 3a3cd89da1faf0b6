// An answer on its way back, piece by piece as the provider sends it.
#include "daemon/broker/agent_connection.hpp"
#include "daemon/broker/headers.hpp"

namespace eph {
namespace {

std::string_view value_of(const Fields& fields, std::string_view name) {
    const Field* field = find_field(fields, name);
    return field != nullptr ? field->value : std::string_view{};
}

bool keeps_alive(const ResponseHead& head) {
    return head.minor_version == 1 && !list_has(head.fields, "Connection", "close");
}

}  // namespace

Task<bool> AgentConnection::answer(Exchange& exchange) {
    ResponseHead head;
    HeadEnd end;
    while (!take_answer_head(end, head)) {
        const bool came = co_await from_upstream();
        if (!came) throw upstream_failure(504, fmt::format("eph: {} does not answer", session_->upstream.title));
    }
    look_at_status(exchange, head);
    Framing framing;
    try {
        framing = response_framing(head, exchange.head.method);
    } catch (const BadMessage& bad) {
        throw unreadable(bad);
    }
    co_await pass_body(exchange, head, framing);
    if (exchange.incomplete) co_await say_farewell();
    co_return !exchange.close;
}

RelayRefused AgentConnection::unreadable(const BadMessage& bad) const {
    return upstream_failure(
        502, fmt::format("eph: {} answered what cannot be passed on: {}", session_->upstream.title, bad.what()));
}

// False: it has not come. What `head` views stays where it is until the provider is read again.
bool AgentConnection::take_answer_head(HeadEnd& end, ResponseHead& head) {
    while (const std::size_t size = look_for_head(end, head)) {
        upstream_->consume(size);
        if (head.status >= 200 || head.status == 101) return true;
        end = {};  // 100 Continue, 103 Early Hints: nobody waits for them
    }
    if (upstream_->ended())
        throw upstream_failure(502, fmt::format("eph: the connection to {} broke before it answered: {}",
                                                session_->upstream.title, upstream_->why()));
    return false;
}

std::size_t AgentConnection::look_for_head(HeadEnd& end, ResponseHead& head) const {
    try {
        const std::size_t size = end.look(upstream_->unread());
        if (size != 0) parse_head(upstream_->unread().substr(0, size), head);
        return size;
    } catch (const BadMessage& bad) {
        throw upstream_failure(
            502, fmt::format("eph: {} answered something that is not HTTP: {}", session_->upstream.title, bad.what()));
    }
}

void AgentConnection::look_at_status(Exchange& exchange, const ResponseHead& head) {
    const std::string& title = session_->upstream.title;
    if (head.status == 101) throw upstream_failure(502, fmt::format("eph: {} wants to leave HTTP", title));
    if (exchange.incomplete && head.status < 400)
        throw upstream_failure(502, fmt::format("eph: {} answered before it had the whole request", title));
    if (exchange.admission) exchange.admission->end.declined = head.status >= 400;
    if (!exchange.key) return;
    if (may_refuse_key(session_->upstream, head.status))
        exchange.key_scan.emplace(value_of(head.fields, "Content-Encoding"));
    if (head.status != 401) return;
    // Not the agent's token, which it might ask its person for, or try again with for a while: hence 403.
    if (session_->key_refused) session_->key_refused(exchange.key);
    RelayRefused refused = upstream_failure(
        403, fmt::format("eph: {} refuses the credential that ephd holds for it. See: eph auth doctor. To set a new "
                         "one: eph auth setup --provider {}",
                         title, session_->upstream.name));
    refused.refusal.reason = "credential";
    throw refused;
}

Task<void> AgentConnection::pass_body(Exchange& exchange, const ResponseHead& head, Framing framing) {
    BodyReader body{framing};
    if (framing.kind == Framing::Kind::to_end) framing.kind = Framing::Kind::chunked;
    const bool chunked = framing.kind == Framing::Kind::chunked;
    const bool keep = keeps_alive(head);
    compose_response(lead_, head, framing, exchange.close);
    if (exchange.admission)
        exchange.admission->usage.emplace(session_->upstream, value_of(head.fields, "Content-Type"),
                                          value_of(head.fields, "Content-Encoding"));
    bool begun = false;
    while (true) {
        const BodyReader::Piece piece = take_piece(body, begun);
        if (exchange.admission) exchange.admission->usage->push(piece.content);
        if (exchange.key_scan) exchange.key_scan->push(piece.content);
        const auto line = upstream_;  // which holds the piece
        upstream_->consume(piece.used);
        const bool last = body.done();
        if (last) have_all(exchange, keep && upstream_->unread().empty());
        std::string_view tail;
        if (chunked && !piece.content.empty()) {
            lead_ += ChunkLine{piece.content.size()}.text();
            tail = last ? chunk_end_and_last_chunk : chunk_end;
        } else if (chunked && last) {
            tail = last_chunk;
        }
        const Pieces pieces{bytes(lead_), bytes(piece.content), bytes(tail)};
        if (!written_to_agent(pieces)) co_await agent_reads();
        if (last) co_return;
        begun = true;
        lead_.clear();
        const bool came = co_await from_upstream();
        if (!came) throw UpstreamBroke{};
        if (!upstream_->ended()) continue;
        if (upstream_->ended_well()) body.connection_ended();
        if (!body.done()) throw UpstreamBroke{};
    }
}

BodyReader::Piece AgentConnection::take_piece(BodyReader& body, bool begun) {
    try {
        return body.take(upstream_->data(), upstream_->unread().size());
    } catch (const BadMessage& bad) {
        if (begun) throw UpstreamBroke{};
        throw unreadable(bad);
    }
}

// Before its last piece goes: whoever has read that will find the request settled.
void AgentConnection::have_all(Exchange& exchange, bool keep) {
    if (exchange.admission) {
        exchange.admission->end.answered = !exchange.admission->end.declined;
        exchange.admission->settle();
    }
    if (exchange.key_scan && exchange.key_scan->refused() && session_->key_refused) session_->key_refused(exchange.key);
    release_upstream(keep && !exchange.incomplete);
}

// False when nothing came within the limit.
Task<bool> AgentConnection::from_upstream() {
    upstream_->read();
    const auto deadline = Clock::now() + limits_.upstream;
    while (upstream_->reading()) {
        agent_->read();
        if (agent_->ended()) throw AgentGone{};
        co_await wake_->wait(deadline);
        if (upstream_->reading() && Clock::now() >= deadline) co_return false;
    }
    co_return true;
}

void AgentConnection::release_upstream(bool keep) {
    if (!upstream_) return;
    if (keep && !upstream_->reading() && !upstream_->writing() && !upstream_->ended()) {
        https_.give_back(session_->upstream.base, upstream_->take_connection());
        spare_ = std::exchange(upstream_, nullptr);
    } else {
        std::exchange(upstream_, nullptr)->close();
    }
}

}  // namespace eph
