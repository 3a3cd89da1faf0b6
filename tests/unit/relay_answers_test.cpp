// Answers through the relay: as they come, to their end, and when either side breaks.
#include "relay_rig.hpp"

#include "../support/catch.hpp"

using namespace eph;
using namespace eph::test;

namespace {

const std::string small = R"({"model": "gpt-5", "input": "hi"})";
const std::string stream_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string plain_stream_head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

// A request that is under way: both of its ends.
struct UnderWay {
    explicit UnderWay(Rig& rig, std::string_view request = {}) : agent(rig.agent()), provider(begin(rig, request)) {}
    Peer begin(Rig& rig, std::string_view request) {
        agent.send(request.empty() ? std::string_view{post_small} : request);
        Peer peer = rig.provider.accept();
        peer.read_request();
        return peer;
    }
    const std::string post_small = post(small);
    Peer agent;
    Peer provider;
};

}  // namespace

TEST_CASE("each event reaches the agent before the next one is sent") {
    Rig rig;
    UnderWay request{rig};
    request.provider.send(stream_head);
    CHECK(request.agent.read_head() == stream_head);
    for (int i = 0; i < 50; ++i) {
        const std::string event = fmt::format("data: {{\"n\": {}}}\n\n", i);
        const std::string piece = chunk(event);
        if (i % 2 == 0) {
            request.provider.send(piece);
        } else {  // in the middle of the framing
            request.provider.send(piece.substr(0, 3));
            request.provider.send(piece.substr(3));
        }
        std::string came;
        while (came.size() < event.size()) {
            const std::string line = request.agent.read_until("\r\n");
            came += request.agent.read(std::stoul(line, nullptr, 16));
            request.agent.read(2);
        }
        REQUIRE(came == event);
    }
    request.provider.send(chunk("data: {\"response\": {\"usage\": {\"input_tokens\": 3, \"output_tokens\": 4}}}\n\n"));
    request.agent.read_until("}}}\n\n\r\n");
    request.provider.send("0\r\n\r\n");
    CHECK(request.agent.read(5) == "0\r\n\r\n");
    CHECK(rig.usage().models[0].output_tokens == 4);
}

TEST_CASE("an answer that ends with its connection is chunked for the agent, and whole") {
    Rig rig;
    UnderWay request{rig};
    request.provider.send(plain_stream_head + "data: 1\n\n");
    CHECK(request.agent.read_head() == stream_head);
    CHECK(request.agent.read(14) == "9\r\ndata: 1\n\n\r\n");
    request.provider.close();
    CHECK(request.agent.read(5) == "0\r\n\r\n");
    request.agent.send(get("/models"));  // the agent's connection is kept
    rig.provider.accept().read_request();
}

TEST_CASE("an answer that breaks off breaks the agent's connection, and is no clean end") {
    struct Row {
        const char* what;
        std::string text;
        bool reset;
    };
    const Row rows[] = {
        {"in a chunk", stream_head + "9\r\ndata", false},
        {"between chunks", stream_head + chunk("data: 1\n\n"), false},
        {"before the last line of chunks", stream_head + chunk("data: 1\n\n") + "0\r\n", false},
        {"short of its length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour", false},
        {"between chunks, by a reset", stream_head + chunk("data: 1\n\n"), true},
        {"by a reset, where the connection's end is the answer's", plain_stream_head + "data: 1\n\n", true},
    };
    Rig rig;
    for (const Row& row : rows) {
        INFO(row.what);
        UnderWay request{rig};
        request.provider.send(row.text);
        request.agent.read_head();
        if (row.reset) {
            request.agent.read(9);
            request.provider.reset();
        } else {
            request.provider.close();
        }
        CHECK(request.agent.end() == Peer::End::broken);
    }
    CHECK(rig.usage().failed == static_cast<std::int64_t>(std::size(rows)));
    CHECK(rig.usage().models[0].unknown == static_cast<std::int64_t>(std::size(rows)));
}

TEST_CASE("a chunk that is none breaks an answer that has begun") {
    Rig rig;
    UnderWay request{rig};
    request.provider.send(stream_head + chunk("data: 1\n\n"));
    request.agent.read_until("data: 1\n\n\r\n");
    request.provider.send("nonsense\r\n");
    CHECK(request.agent.end() == Peer::End::broken);
    CHECK(request.provider.read_to_end().empty());
}

TEST_CASE("over a Unix socket a broken answer ends without its end") {
    Rig rig;
    Peer agent = rig.agent_on_unix_socket();
    agent.send(post(small));
    Peer provider = rig.provider.accept();
    provider.read_request();
    provider.send(stream_head + chunk("data: 1\n\n"));
    provider.close();
    const std::string came = agent.read_to_end();
    CHECK(came.ends_with("data: 1\n\n\r\n"));
}

TEST_CASE("a provider that breaks off before its answer is a 502 that names it") {
    for (const std::string& text :
         {std::string{}, std::string{"HTTP/1.1 200 OK\r\nContent-"}, std::string{"SSH-2.0-x\r\n\r\n"},
          std::string{"HTTP/1.1 200 OK\nContent-Length: 0\n\n"}, stream_head + "nonsense\r\n",
          std::string{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"},
          std::string{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"}}) {
        INFO(text);
        Rig rig;
        UnderWay request{rig};
        request.provider.send(text);
        request.provider.end_of_sending();
        const std::string no = request.agent.read_answer();
        CHECK(status_of(no) == 502);
        CHECK(no.find("OpenAI") != no.npos);
        CHECK(request.provider.end() == Peer::End::orderly);
        CHECK(rig.usage().failed == 1);
        CHECK(rig.usage().refused == 0);
    }
}

TEST_CASE("a provider that cannot be reached is a 502 that says why") {
    Rig rig;
    rig.in_loop([&] { rig.session->upstream.base = parse_base_url("http://127.0.0.1:1/"); });
    Peer agent = rig.agent();
    agent.send(post(small));
    const std::string no = agent.read_answer();
    CHECK(status_of(no) == 502);
    CHECK(no.find("cannot connect to 127.0.0.1:1") != no.npos);
    CHECK(rig.usage().requests == 0);  // nothing was used up by it
}

TEST_CASE("an agent that hangs up ends its request at the provider at once") {
    Rig rig;
    SECTION("while it waits for the answer") {
        UnderWay request{rig};
        request.agent.close();
        CHECK(request.provider.read_to_end().empty());
    }
    SECTION("by a reset") {
        UnderWay request{rig};
        request.agent.reset();
        CHECK(request.provider.read_to_end().empty());
    }
    SECTION("with the end of what it sends, which is all that ssh passes on of it") {
        UnderWay request{rig};
        request.agent.end_of_sending();
        CHECK(request.provider.read_to_end().empty());
    }
    SECTION("in the middle of a stream") {
        UnderWay request{rig};
        request.provider.send(stream_head + chunk("data: 1\n\n"));
        request.agent.read_until("data: 1\n\n");
        request.agent.close();
        CHECK(request.provider.read_to_end().empty());
    }
    CHECK(rig.usage().requests == 1);
    CHECK(rig.usage().failed == 1);
    CHECK(rig.usage().models[0].unknown == 1);
}

TEST_CASE("a slow reader holds its provider back, and loses nothing") {
    Rig rig;
    Peer agent = rig.agent_on_unix_socket();
    agent.send(post(small));
    Peer provider = rig.provider.accept();
    provider.read_request();
    constexpr std::size_t size = std::size_t{64} * 1024 * 1024;
    provider.send(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", size));
    const std::string piece(std::size_t{1} << 20, 'x');
    const std::size_t taken = provider.send_until_full(piece, size);
    CHECK(taken < size / 4);  // most of it in the system's own buffers
    std::thread sender{[&, left = size - taken]() mutable {
        while (left > 0) {
            const std::size_t part = std::min(left, piece.size());
            provider.send(std::string_view{piece}.substr(0, part));
            left -= part;
        }
    }};
    agent.read_head();
    const std::string body = agent.read(size);
    sender.join();
    CHECK(body == std::string(size, 'x'));
}

TEST_CASE("an agent that reads nothing, and a provider that says nothing, are given up on") {
    RelayLimits limits;
    SECTION("the agent") {
        limits.reader = std::chrono::milliseconds{100};
        Rig rig{{{}, limits, "openai"}};
        UnderWay request{rig};
        request.provider.send(plain_stream_head);
        request.provider.send_until_full(std::string(std::size_t{1} << 20, 'x'), std::size_t{1} << 30);
        CHECK(request.provider.read_to_end().empty());
    }
    SECTION("the provider, before its answer") {
        limits.upstream = std::chrono::milliseconds{100};
        Rig rig{{{}, limits, "openai"}};
        UnderWay request{rig};
        CHECK(status_of(request.agent.read_answer()) == 504);
        CHECK(request.provider.read_to_end().empty());
    }
    SECTION("the provider, in its answer") {
        limits.upstream = std::chrono::milliseconds{100};
        Rig rig{{{}, limits, "openai"}};
        UnderWay request{rig};
        request.provider.send(stream_head);
        CHECK(request.agent.end() == Peer::End::broken);
    }
    SECTION("the agent's head, and its body") {
        limits.head = limits.body = std::chrono::milliseconds{100};
        Rig rig{{{}, limits, "openai"}};
        Peer agent = rig.agent();
        agent.send("GET /");
        CHECK(status_of(agent.read_answer()) == 408);
        Peer other = rig.agent();
        other.send(post(small).substr(0, post(small).size() - 1));
        CHECK(status_of(other.read_answer()) == 408);
        CHECK(rig.provider.nobody_waits());
    }
    SECTION("an agent that asks for nothing") {
        limits.idle = std::chrono::milliseconds{100};
        Rig rig{{{}, limits, "openai"}};
        CHECK(rig.agent().read_to_end().empty());
    }
}

TEST_CASE("a connection that died in the pool is not noticed by the agent") {
    Rig rig;
    UnderWay request{rig};
    request.provider.send(answer("{}"));
    request.agent.read_answer();
    SECTION("in good order") { request.provider.close(); }
    SECTION("by a reset") { request.provider.reset(); }
    SECTION("with something that nobody asked for") { request.provider.send("HTTP/1.1 408 Too Slow\r\n\r\n"); }
    request.agent.send(post(small));
    Peer provider = rig.provider.accept();
    provider.read_request();
    provider.send(answer("{}"));
    CHECK(status_of(request.agent.read_answer()) == 200);
    CHECK(rig.usage().failed == 0);
}

TEST_CASE("a request that was written is never sent again") {
    Rig rig;
    UnderWay request{rig};
    request.provider.send(answer("{}"));
    request.agent.read_answer();
    request.agent.send(post(small));  // on the pooled connection
    request.provider.read_request();
    request.provider.close();
    CHECK(status_of(request.agent.read_answer()) == 502);
    CHECK(rig.provider.nobody_waits());
}

TEST_CASE("what a provider sends behind its answer is never taken for the next one") {
    Rig rig;
    UnderWay request{rig};
    request.provider.send(answer("1") + answer("stray"));
    CHECK(body_of(request.agent.read_answer()) == "1");
    request.agent.send(post(small));
    Peer provider = rig.provider.accept();
    provider.read_request();
    provider.send(answer("2"));
    CHECK(body_of(request.agent.read_answer()) == "2");
}

TEST_CASE("answers without a body end with their head") {
    Rig rig;
    std::string head = get("/models");
    head.replace(0, 3, "HEAD");
    UnderWay request{rig, head};
    request.provider.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    CHECK(request.agent.read_head() == "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    request.agent.send(get("/models"));
    request.provider.read_request();
    request.provider.send("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(request.agent.read_head() == "HTTP/1.1 204 No Content\r\n\r\n");
    request.agent.send(get("/models"));
    request.provider.read_request();
    request.provider.send("HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + answer("1"));
    CHECK(body_of(request.agent.read_answer()) == "1");
}

TEST_CASE("a refused credential of ephd's is told to the agent as that, and stops it") {
    Rig rig;
    UnderWay request{rig};
    request.provider.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nWWW-Authenticate: Bearer\r\n\r\n{}");
    const std::string no = request.agent.read_answer();
    CHECK(status_of(no) == 403);
    CHECK(no.find("eph: OpenAI refuses the credential that ephd holds") != no.npos);
    CHECK(no.find("WWW-Authenticate") == no.npos);
    rig.in_loop([&] { CHECK(rig.keys_refused == 1); });
}

TEST_CASE("a provider may answer a large body before it has read it") {
    Rig rig;
    Peer agent = rig.agent();
    const std::string request = post(std::string(std::size_t{8} * 1024 * 1024, '{'));
    agent.send(request.substr(0, 500'000));
    Peer provider = rig.provider.accept();
    provider.read_head();
    provider.send("HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge");
    const std::string no = agent.read_answer();
    CHECK(status_of(no) == 413);
    CHECK(body_of(no) == "large");
    agent.close();
}

TEST_CASE("cutting a session breaks its streams and settles them") {
    Rig rig;
    UnderWay request{rig};
    request.provider.send(stream_head + chunk("data: 1\n\n"));
    request.agent.read_until("data: 1\n\n\r\n");
    rig.cut();
    CHECK(request.agent.read_to_end().empty());
    CHECK(request.provider.read_to_end().empty());
    CHECK(rig.usage().failed == 1);
}
