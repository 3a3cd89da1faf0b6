// The local API as a client's bytes reach it: HTTP session, router, handlers, and all services behind them, on a ledger
// of its own. A line "@" is a pause in which ephd does what it has to do.
#include <memory>
#include <optional>

#include <boost/asio/local/stream_protocol.hpp>
#include <nlohmann/json.hpp>

#include "common/error.hpp"
#include "common/wire.hpp"
#include "daemon/api/http_session.hpp"
#include "daemon/async/task_group.hpp"
#include "daemon/broker/broker.hpp"
#include "daemon/broker/framing.hpp"
#include "daemon/broker/prices.hpp"
#include "tests/fuzz/support/fuzz.hpp"
#include "tests/fuzz/support/pooled.hpp"
#include "tests/support/temp_directory.hpp"

namespace eph::fuzz {
namespace {

// What App consists of, without its socket and its signals.
struct World {
    World() {
        janitor.on_revoking = [this](const KeyRow& key, const std::string& reason) { sessions.key_over(key, reason); };
        sessions.on_over = [this](const SessionId& session) { broker.session_over(session); };
        ledger.on_note([this] { noted.notify(); });
        background.spawn("janitor", janitor.run());
        background.spawn("sessions", sessions.watch());
        turn();
    }
    ~World() {
        broker.suspend();
        for (TaskGroup* const group : {&clients, &background}) group->cancel(asio::cancellation_type::terminal);
        turn();
        turn();
    }

    void turn() {
        io.restart();
        io.poll();
    }

    test::TempDirectory directory;
    asio::io_context io{1};
    Ledger ledger{directory / "ledger.db"};
    Accounts accounts{io.get_executor(), directory / "config.json", {}};
    HttpsClient https{{}, "", ""};
    OpenAi openai{https};
    Signal noted{io.get_executor()};
    TaskGroup background{io.get_executor()};
    Janitor janitor{io.get_executor(), ledger, accounts, openai, background};
    Sessions sessions{io.get_executor(), ledger, accounts, openai, janitor, background, bounds::creations};
    Prices prices{directory / "prices.json"};
    Broker broker{io.get_executor(), directory.path(),         ledger, accounts, https, sessions, prices,
                  background,        bounds::agent_connections};
    Timestamp started = now();
    Services services{ledger, accounts, https, openai, janitor, sessions, broker, noted, started};
    TaskGroup clients{io.get_executor()};
    Door door{io.get_executor(), bounds::api_clients};
    bool stopping = false;
};

// A new one now and then, so that no input has to wade through what thousands have left.
World& world() {
    static std::optional<World> current;
    static int uses = 0;
    if (uses++ % 500 == 0) {
        current.reset();
        current.emplace();
    }
    return *current;
}

void check_body(const ResponseHead& head, std::string_view body) {
    must(head.status >= 200 && head.status <= 599, "a status that HTTP knows", std::to_string(head.status));
    if (head.status < 400) return;
    const auto error = wire::decode_error(body);
    must(error.has_value(), "a refusal is in the one shape of errors", body);
    must(http_status(error->code()) == head.status, "with the status of its code", body);
    must(error->code() != Code::internal, "nothing that a client sends is a fault of ephd's", body);
    must_be_printable(error->message());
    must_be_printable(error->hint());
}

// Every answer is one that a strict reader reads; a stream's may have been cut.
void check_answers(std::string text) {
    while (!text.empty()) {
        ResponseHead head;
        HeadEnd end;
        const std::size_t size = end.look(text);
        must(size != 0, "an answer has a whole head", text);
        const std::string head_text = text.substr(0, size);
        parse_head(head_text, head);
        BodyReader body{response_framing(head, "GET")};
        text.erase(0, size);
        const BodyReader::Piece piece = body.take(text.data(), text.size());
        if (!body.done()) return;
        if (find_field(head.fields, "Content-Length") != nullptr) check_body(head, piece.content);
        text.erase(0, piece.used);
    }
}

}  // namespace

void one(std::string_view input) {
    World& here = world();
    std::string answered;
    const auto turn = [&](End& client) {
        here.turn();
        answered += client.hear();
    };
    {
        const Pair pair;
        End client{pair.ours};
        asio::local::stream_protocol::socket socket{here.io, asio::local::stream_protocol{}, pair.theirs};
        auto place = std::make_unique<Clients::Seat>(here.door.clients, socket.native_handle());
        here.clients.spawn("client",
                           serve_client(std::move(socket), std::move(place), here.services, here.door, here.stopping));
        while (!input.empty()) {
            const std::size_t end = std::min(input.find("\n@\n"), input.size());
            in_pieces(input.substr(0, end), [&](std::string_view piece) {
                client.say(piece);
                if (piece.size() > 4) turn(client);
            });
            turn(client);
            input.remove_prefix(std::min(end + 3, input.size()));
        }
        client.end_of_sending();
        turn(client);
    }
    here.turn();
    here.clients.cancel(asio::cancellation_type::terminal);  // whoever waits for an event, a provider, a lease
    here.turn();
    check_answers(std::move(answered));
}

}  // namespace eph::fuzz
