// An answer of eph's own, and the end of a connection whose request was not read to its end.
#include <spdlog/spdlog.h>

#include <boost/beast/http/status.hpp>

#include "common/text.hpp"
#include "daemon/broker/agent_connection.hpp"

namespace eph {
namespace {

std::string compose_refusal(const Refusal& refusal, const std::string& body, const std::string& methods, bool close) {
    const auto name = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(refusal.status));
    std::string text = fmt::format("HTTP/1.1 {} {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
                                   refusal.status, std::string_view{name.data(), name.size()}, body.size());
    if (refusal.status == 426) text += "Upgrade: HTTP/1.1\r\n";  // RFC 9110 15.5.22
    if (!methods.empty()) text += fmt::format("Allow: {}\r\n", methods);
    if (refusal.retry_after) {
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(*refusal.retry_after).count();
        text += fmt::format("Retry-After: {}\r\n", std::max<std::int64_t>(seconds, 1));
    } else if (refusal.status != 502 && refusal.status != 503 && refusal.status != 504) {
        text += "x-should-retry: false\r\n";  // OpenAI's and Anthropic's own clients heed it
    }
    if (close) text += "Connection: close\r\n";
    return text + "\r\n";
}

}  // namespace

Task<bool> AgentConnection::refuse(Exchange& exchange, const RelayRefused& refused) {
    if (refused.by == RelayRefused::By::relay) session_->meter.refused();
    if (refused.by != RelayRefused::By::upstream && session_->refused) session_->refused(refused.refusal);
    if (refused.by == RelayRefused::By::upstream)
        spdlog::warn("session {}: {}", session_->id.text(), printable(refused.refusal.message));
    if (session_->used) session_->used();
    exchange.admission.reset();
    const bool close = exchange.close || !exchange.body.done() || agent_->ended();
    agent_->consume(std::exchange(exchange.in_line, 0) + std::exchange(exchange.taken, 0));
    held_ = refusal_body(session_->upstream.family, refused.refusal);
    lead_ = compose_refusal(refused.refusal, held_, exchange.route.methods, close);
    const bool head_only = exchange.head.method == "HEAD";
    const Pieces pieces{bytes(lead_), bytes(head_only ? std::string_view{} : held_)};
    try {
        co_await to_agent(pieces);
    } catch (const AgentGone&) {
        co_return false;
    }
    if (!close) co_return true;
    co_await say_farewell();
    co_return false;
}

// To close while the agent is still sending would make its system throw away the answer before it is read.
Task<void> AgentConnection::say_farewell() {
    agent_->end_of_writing();
    const auto deadline = Clock::now() + limits_.farewell;
    while (!agent_->ended()) {
        agent_->consume(agent_->unread().size());
        const bool came = co_await more_from_agent(deadline);
        if (!came) co_return;
    }
}

}  // namespace eph
