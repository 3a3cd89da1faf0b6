// STAND-IN until branch "relay" is merged: a naive relay without streams.
#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "common/error.hpp"
#include "daemon/broker/relay.hpp"
#include "daemon/broker/upstreams.hpp"

namespace eph {

namespace {

std::string after(const std::string& head, const std::string& name) {
    const std::size_t at = head.find("\r\n" + name);
    if (at == head.npos) return "";
    const std::size_t from = at + 2 + name.size();
    return head.substr(from, head.find("\r\n", from) - from);
}

Task<std::pair<int, std::string>> answer(std::shared_ptr<Brokered> session, HttpsClient& https, std::string head,
                                         std::string body) {
    std::optional<Refusal> refusal;
    if (!is_token(*session, after(head, "Authorization: Bearer ")))
        refusal = Refusal{401, "token", "eph: not this session's token", {}};
    else if (session->over)
        refusal = Refusal{403, "session_over", "eph: this session is over", {}};
    Meter::Ticket ticket;
    if (!refusal) {
        RequestFacts facts;
        facts.computes = false;
        auto verdict = session->meter.admit(facts, now());
        if (auto* no = std::get_if<Refusal>(&verdict))
            refusal = *no;
        else
            ticket = std::get<Meter::Ticket>(verdict);
    }
    if (refusal) {
        if (refusal->reason == "token" || refusal->reason == "session_over") session->meter.refused();
        session->used();
        session->refused(*refusal);
        co_return std::pair{refusal->status, refusal_body(session->upstream.family, *refusal)};
    }
    struct Done {
        Brokered& session;
        Meter::Ticket ticket;
        Settled settled{};
        ~Done() {
            session.meter.settle(ticket, settled);
            session.settled.notify();
            session.used();
        }
    } done{*session, ticket, {}};
    done.settled.answered = false;
    std::optional<Error> failure;
    try {
        const KeyRef key = co_await session->key();
        const std::size_t from = head.find(' ') + 1;
        std::string path = head.substr(from, head.find(' ', from) - from);
        path.erase(0, 1 + session->upstream.name.size() + session->upstream.base_path.size());
        HttpRequest request{head.substr(0, head.find(' ')), path, body};
        const HttpResponse response = co_await https.send(session->upstream.base, std::move(request), *key);
        if (response.status == 401) session->key_refused(key);
        done.settled.answered = response.status < 400;
        co_return std::pair{response.status == 401 ? 403 : response.status, response.body};
    } catch (const Error& error) {
        failure = error;
    }
    co_return std::pair{503, "{\"error\":{\"message\":\"" + failure->message() + "\"}}"};
}

}  // namespace

Task<void> serve_agent(AgentSocket socket, std::shared_ptr<Brokered> session, HttpsClient& https) {
    for (;;) {
        std::string head;
        std::string body;
        auto [failure, size] =
            co_await asio::async_read_until(socket, asio::dynamic_buffer(head), "\r\n\r\n", as_result);
        if (failure) co_return;
        body = head.substr(size);
        head.resize(size);
        const std::string length = after(head, "Content-Length: ");
        const std::size_t wanted = length.empty() ? 0 : std::stoul(length);
        while (body.size() < wanted) {
            char piece[4096];
            auto [broken, n] = co_await socket.async_read_some(asio::buffer(piece), as_result);
            if (broken) co_return;
            body.append(piece, n);
        }
        auto [status, text] = co_await answer(session, https, head, body);
        const std::string whole =
            fmt::format("HTTP/1.1 {} Answer\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}", status,
                        text.size(), text);
        auto [unsent, n] = co_await asio::async_write(socket, asio::buffer(whole), as_result);
        if (unsent || head.find("Connection: close") != head.npos) co_return;
    }
}

}  // namespace eph
