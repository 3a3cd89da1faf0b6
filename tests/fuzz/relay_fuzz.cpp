// The whole relay between an agent and a provider that both say what they like, when they like. A line "@a" begins what
// the agent says next, "@p" what the provider does; "@e" ends the agent's sending, "@x" its connection, "@z" the
// provider's; "@c" cuts the session.
#include <optional>
#include <vector>

#include <boost/asio/local/stream_protocol.hpp>

#include "daemon/async/task_group.hpp"
#include "daemon/broker/framing.hpp"
#include "daemon/broker/http_head.hpp"
#include "daemon/broker/prices.hpp"
#include "daemon/broker/relay.hpp"
#include "daemon/broker/upstreams.hpp"
#include "tests/fuzz/support/fuzz.hpp"
#include "tests/fuzz/support/pooled.hpp"

namespace eph::fuzz {
namespace {

constexpr std::string_view token = "session-token";
constexpr std::string_view key = "the-real-key";
const BaseUrl base{false, "127.0.0.1", "9", "/base"};

Task<KeyRef> give(KeyRef held) { co_return held; }

std::shared_ptr<Brokered> make_session(asio::any_io_executor executor) {
    static const Prices prices;
    static const Upstream upstream = upstream_for("openai", Config{}, base);
    static const KeyRef held = std::make_shared<const Secret>(key);
    wire::Limits limits;
    limits.max_requests = 3;
    return std::make_shared<Brokered>(
        Brokered{SessionId{"s1"}, upstream, token_hash(token), Meter{limits, prices, "openai"}, false, Signal{executor},
                 [] { return give(held); }, [](const KeyRef&) {}, [] {}, [](const Refusal&) {}});
}

struct World {
    World() : session(make_session(io.get_executor())), serving(io.get_executor()) {
        const Pair pair;
        agent.emplace(pair.ours);
        asio::local::stream_protocol::socket socket{io, asio::local::stream_protocol{}, pair.theirs};
        for (int i = 0; i < 2; ++i) providers.push_back(pooled_provider(https, io, base));
        serving.spawn("agent", serve(AgentSocket{std::move(socket)}));
        turn();
    }

    Task<void> serve(AgentSocket socket) {
        co_await serve_agent(std::move(socket), session, https);
        served = true;
    }

    // Until nothing is left to do but to wait.
    void turn() {
        io.restart();
        io.poll();
        for (std::size_t i = 0; i < providers.size(); ++i) heard[i] += providers[i].hear();
        if (agent) answered += agent->hear();
        io.poll();
    }

    void provider_says(std::string_view text) {
        for (std::size_t i = 0; i < providers.size(); ++i) {
            if (!heard[i].empty()) providers[i].say(text);  // one that was not asked has nothing to answer
        }
    }

    void end() {
        agent.reset();
        for (End& each : providers) each.close();
        turn();
        ended_by_itself = served;
        serving.cancel(asio::cancellation_type::terminal);
        turn();
        turn();
    }

    asio::io_context io{1};
    HttpsClient https{{}, "", ""};
    std::shared_ptr<Brokered> session;
    TaskGroup serving;
    std::optional<End> agent;
    std::vector<End> providers;
    std::string heard[2];
    std::string answered;
    bool served = false;
    bool ended_by_itself = false;
};

void play(World& world, char who, std::string_view text) {
    if (who == 'a' || who == 'p') {
        in_pieces(text, [&](std::string_view piece) {
            if (who == 'a' && world.agent) world.agent->say(piece);
            if (who == 'p') world.provider_says(piece);
            world.turn();
        });
    } else if (who == 'e' && world.agent) {
        world.agent->end_of_sending();
    } else if (who == 'x') {
        world.agent.reset();
    } else if (who == 'z') {
        for (End& each : world.providers) each.close();
    } else if (who == 'c') {
        world.session->over = true;
    }
    world.turn();
}

// Message by message, each with its body, as far as they have come. Returns how many there are.
template <class Head, class FramingOf, class Check>
std::size_t read_messages(std::string text, FramingOf framing_of, Check check) {
    std::size_t count = 0;
    while (!text.empty()) {
        HeadEnd end;
        const std::size_t size = end.look(text);
        if (size == 0) break;
        Head head;
        const std::string head_text = text.substr(0, size);
        parse_head(head_text, head);
        check(head, head_text);
        ++count;
        BodyReader body{framing_of(head)};
        text.erase(0, size);
        if (body.done()) continue;
        const std::size_t used = body.take(text.data(), text.size()).used;
        if (!body.done()) break;
        text.erase(0, used);
    }
    return count;
}

void check_request(const RequestHead& head, std::string_view text) {
    must(head.target.starts_with("/base/"), "nothing but the provider's base is asked", text);
    must(count_fields(head.fields, "Authorization") == 1, "each request has one credential", text);
    must(find_field(head.fields, "Authorization")->value == "Bearer the-real-key", "the real one", text);
    for (const Field& field : head.fields)
        must(field.value.find(token) == field.value.npos, "the token stays here", text);
}

void check_provider_side(const std::string& heard, std::string_view input) {
    try {
        const auto framing = [](const RequestHead& head) { return request_framing(head.fields); };
        const std::size_t requests = read_messages<RequestHead>(heard, framing, check_request);
        must(requests <= 3, "the session's limit holds", input);
    } catch (const BadMessage& bad) {
        must(false, bad.what(), heard);
    }
}

void check_agent_side(const std::string& answered, std::string_view input) {
    if (input.find(key) == input.npos) must(answered.find(key) == answered.npos, "the key stays here", answered);
    if (input.find("HEAD ") != input.npos) return;  // which answer has no body follows from its request
    try {
        const auto framing = [](const ResponseHead& head) { return response_framing(head, "POST"); };
        read_messages<ResponseHead>(answered, framing, [](const ResponseHead&, std::string_view) {});
    } catch (const BadMessage& bad) {
        must(false, bad.what(), answered);
    }
}

}  // namespace

void one(std::string_view input) {
    World world;
    for (std::string_view rest = input; !rest.empty();) {
        const std::string_view line = take_line(rest);
        if (line.size() != 2 || line[0] != '@') continue;
        const std::size_t end = std::min(rest.find("\n@"), rest.size());
        play(world, line[1], rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    world.end();
    must(world.ended_by_itself, "a relay ends when both of its ends have", input);
    must(world.session->meter.in_flight() == 0, "every request is settled", input);
    for (const std::string& heard : world.heard) check_provider_side(heard, input);
    check_agent_side(world.answered, input);
}

}  // namespace eph::fuzz
