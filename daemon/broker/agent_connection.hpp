// One connection of an agent: request after request, each relayed or refused.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/secret_buffer.hpp"
#include "daemon/broker/exchange.hpp"
#include "daemon/broker/line.hpp"
#include "daemon/broker/relay.hpp"

namespace eph {

// Shared with the writes that are under way, whose memory it holds.
class AgentConnection : public std::enable_shared_from_this<AgentConnection> {
public:
    AgentConnection(AgentSocket socket, std::shared_ptr<Brokered> session, HttpsClient& https, RelayLimits limits);

    void sits_on(Clients::Seat& seat) { seat_ = &seat; }  // which outlives serve()
    Task<void> serve();
    void close();

private:
    using Clock = Wake::Clock;
    using Pieces = Line::Pieces;

    // relay.cpp
    Task<bool> serve_request();  // false: it was the last
    Task<bool> read_head(Exchange& exchange);
    Task<bool> relay_request(Exchange& exchange);
    Task<bool> more_from_agent(Clock::time_point deadline);
    bool written_to_agent(const Pieces& pieces);
    Task<void> agent_reads();
    Task<void> to_agent(Pieces pieces);

    // relay_refusal.cpp
    Task<bool> refuse(Exchange& exchange, const RelayRefused& refused);
    Task<void> say_farewell();

    // relay_body.cpp
    bool find_body(Exchange& exchange);
    Task<void> read_body(Exchange& exchange);
    Task<void> gather_chunks(Exchange& exchange);
    Task<std::string_view> next_piece(Exchange& exchange);
    Clock::time_point body_deadline(const Exchange& exchange, std::uint64_t came) const;
    bool admitted(Exchange& exchange);
    Task<void> wait_for_admission(Exchange& exchange);
    Task<void> wait_for_meter(Exchange& exchange, Clock::time_point deadline);

    // relay_request.cpp
    Task<void> send(Exchange& exchange);
    Task<KeyRef> fetch_key();
    bool take_pooled();
    Task<void> connect();
    void attach_upstream(std::unique_ptr<Connection> connection);
    void write_head(const Exchange& exchange);
    Task<void> send_rest(Exchange& exchange);
    Task<bool> send_piece(const Exchange& exchange, std::string_view content);
    Task<bool> to_upstream(Pieces pieces);
    Task<bool> upstream_reads();
    bool answered_early() const;

    // relay_answer.cpp
    Task<bool> answer(Exchange& exchange);
    bool take_answer_head(HeadEnd& end, ResponseHead& head);
    std::size_t look_for_head(HeadEnd& end, ResponseHead& head) const;
    void look_at_status(Exchange& exchange, const ResponseHead& head);
    Task<void> pass_body(Exchange& exchange, const ResponseHead& head, Framing framing);
    BodyReader::Piece take_piece(BodyReader& body, bool begun);
    RelayRefused unreadable(const BadMessage& bad) const;
    void have_all(Exchange& exchange, bool keep);
    Task<bool> from_upstream();
    void release_upstream(bool keep);

    std::shared_ptr<Brokered> session_;
    HttpsClient& https_;
    RelayLimits limits_;
    Clients::Seat* seat_ = nullptr;
    std::shared_ptr<Wake> wake_;
    std::shared_ptr<Line> agent_;
    std::shared_ptr<Line> upstream_;  // while a request is under way
    std::shared_ptr<Line> spare_;     // its memory, until the next one
    SecretBuffer out_;                // the head of a request, with the key
    std::string held_;                // the beginning of a chunked body, without its framing
    std::string lead_;                // what goes before a piece
};

}  // namespace eph
