// Either side of the relay breaks off, hangs up, or says nothing any more.
#include <atomic>
#include <thread>

#include "relay_rig.hpp"

#include "../support/catch.hpp"

using namespace eph;
using namespace eph::test;

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
    agent.send(post(small_request));
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
    agent.send(post(small_request));
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
        other.send(post(small_request).substr(0, post(small_request).size() - 1));
        CHECK(status_of(other.read_answer()) == 408);
        CHECK(rig.provider.nobody_waits());
    }
    SECTION("an agent whose body trickles in, so that it is never silent for long") {
        limits.body = std::chrono::milliseconds{300};
        Rig rig{{{}, limits, "openai"}};
        Peer agent = rig.agent();
        std::atomic<bool> answered = false;
        std::string head = post(std::string(100'000, ' '));
        agent.send(head.substr(0, head.size() - 100'000));
        std::thread trickle{[&] {
            for (int i = 0; i < 500 && !answered; ++i) {
                agent.send("[");
                std::this_thread::sleep_for(std::chrono::milliseconds{10});
            }
        }};
        const int status = status_of(agent.read_answer());
        answered = true;
        trickle.join();
        CHECK(status == 408);
    }
    SECTION("an agent that asks for nothing") {
        limits.idle = std::chrono::milliseconds{100};
        Rig rig{{{}, limits, "openai"}};
        CHECK(rig.agent().read_to_end().empty());
    }
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

TEST_CASE("a connection goes on behind a large body that the meter has refused") {
    wire::Limits limits;
    limits.models = {"gpt-4*"};
    Rig rig{{limits, {}, "openai"}};
    Peer agent = rig.agent();
    auto sender = agent.send_aside(post(R"({"model": "gpt-5", "input": ")" + std::string(600'000, 'x') + "\"}"));
    Peer provider = rig.provider.accept();
    provider.read_to_end();
    CHECK(status_of(agent.read_answer()) == 403);
    sender.get();
    agent.send(get("/models"));
    Peer next = rig.provider.accept();
    next.read_request();
    next.send(answer("{}"));
    CHECK(status_of(agent.read_answer()) == 200);
    CHECK(rig.usage().refused == 1);
}
