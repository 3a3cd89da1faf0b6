// What is decided by the head of a request, and how it is settled in the end.
#include "daemon/broker/exchange.hpp"

#include "common/error.hpp"
#include "daemon/broker/headers.hpp"

namespace eph {
namespace {

constexpr std::uint64_t body_limit = std::uint64_t{64} * 1024 * 1024;

bool wants_websocket(const RequestHead& head) { return list_has(head.fields, "Upgrade", "websocket"); }

std::string session_token(const Brokered& session, const RequestHead& head) {
    for (std::string& offered : offered_tokens(head))
        if (is_token(session, offered)) return std::move(offered);
    throw relay_refusal(401, "token", "eph: this is not the token of this session");
}

void check_route(const Brokered& session, const RequestHead& head, const RelayRoute& route) {
    if (route.allowed != nullptr) return;
    const std::string_view path = head.target.substr(0, head.target.find('?'));
    if (route.methods.empty())
        throw relay_refusal(404, "path",
                            fmt::format("eph does not relay {} {} to {}", head.method, path, session.upstream.title));
    throw relay_refusal(405, "method",
                        fmt::format("eph relays {} to {} for {} only", path, session.upstream.title, route.methods));
}

void check_body(const Exchange& exchange) {
    const Fields& fields = exchange.head.fields;
    if (const Field* coding = find_field(fields, "Content-Encoding"); coding && !same_name(coding->value, "identity"))
        throw relay_refusal(415, "coding", "eph relays no request whose body is compressed");
    if (const Field* expected = find_field(fields, "Expect"); expected && !same_name(expected->value, "100-continue"))
        throw relay_refusal(417, "expect", "eph: nothing but 100-continue can be expected");
    if (exchange.framing.kind == Framing::Kind::length && exchange.framing.length > body_limit) throw body_too_large();
}

}  // namespace

void check_request(const Brokered& session, Exchange& exchange) {
    const RequestHead& head = exchange.head;
    exchange.token = session_token(session, head);
    if (session.over) throw session_over();
    // Codex tries this first, and falls back at once when it is told so (426); 404 would cost it seven tries.
    if (wants_websocket(head)) throw relay_refusal(426, "websocket", "eph relays no WebSockets: use plain HTTP");
    exchange.route = find_route(session.upstream, head.method, head.target);
    check_route(session, head, exchange.route);
    check_body(exchange);
    exchange.scan.emplace(session.upstream, *exchange.route.allowed, exchange.route.path);
}

void count_body(Exchange& exchange, std::size_t more) {
    exchange.body_bytes += more;
    if (exchange.body_bytes > body_limit) throw body_too_large();
}

RelayRefused relay_refusal(int status, const char* reason, std::string message) {
    return {Refusal{status, reason, std::move(message), std::nullopt}, RelayRefused::By::relay};
}

RelayRefused upstream_failure(int status, std::string message) {
    return {Refusal{status, "upstream", std::move(message), std::nullopt}, RelayRefused::By::upstream};
}

RelayRefused session_over() { return relay_refusal(403, "session_over", "eph: this session is over"); }

RelayRefused body_too_large() { return relay_refusal(413, "size", "eph relays bodies of up to 64 MB"); }

void Admission::settle() {
    if (!session_) return;
    const auto session = std::exchange(session_, nullptr);
    if (usage) end.measured = usage->measured();
    end.took = std::chrono::duration_cast<Duration>(Wake::Clock::now() - began_);
    session->meter.settle(ticket_, end);
    session->settled.notify();
    if (session->used) session->used();
}

}  // namespace eph
