// Answers through the relay, piece by piece as they come, and the connections that they come on.
#include "relay_rig.hpp"

#include "../support/catch.hpp"

using namespace eph;
using namespace eph::test;

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

TEST_CASE("a slow reader holds its provider back, and loses nothing") {
    Rig rig;
    Peer agent = rig.agent_on_unix_socket();
    agent.send(post(small_request));
    Peer provider = rig.provider.accept();
    provider.read_request();
    constexpr std::size_t size = std::size_t{64} * 1024 * 1024;
    provider.send(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", size));
    const std::string piece(std::size_t{1} << 20, 'x');
    const std::size_t taken = provider.send_until_full(piece, size);
    CHECK(taken < size / 4);  // most of it in the system's own buffers
    auto sender = provider.send_aside(std::string(size - taken, 'x'));
    agent.read_head();
    const std::string body = agent.read(size);
    sender.get();
    CHECK(body == std::string(size, 'x'));
}

TEST_CASE("a connection that died in the pool is not noticed by the agent") {
    Rig rig;
    UnderWay request{rig};
    request.provider.send(answer("{}"));
    request.agent.read_answer();
    SECTION("in good order") { request.provider.close(); }
    SECTION("by a reset") { request.provider.reset(); }
    SECTION("with something that nobody asked for") { request.provider.send("HTTP/1.1 408 Too Slow\r\n\r\n"); }
    request.agent.send(post(small_request));
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
    request.agent.send(post(small_request));  // on the pooled connection
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
    request.agent.send(post(small_request));
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

TEST_CASE("Google's way to refuse a key is noticed on its way to the agent") {
    const std::string error = R"({"error": {"code": 400, "details": [{"reason": "API_KEY_INVALID"}]}})";
    const std::string echo = R"({"error": {"code": 400, "message": "no such field \"API_KEY_INVALID\""}})";
    Rig rig{{{}, {}, "google"}};
    const std::string request = fmt::format(
        "POST /google/v1beta/models/gemini:generateContent HTTP/1.1\r\nHost: a\r\nx-goog-api-key: {}\r\n"
        "Content-Length: 2\r\n\r\n{{}}",
        Rig::token);
    UnderWay under_way{rig, request};
    for (const std::string& body : {echo, error}) {
        rig.in_loop([&] { CHECK(rig.keys_refused == 0); });
        const std::string no =
            fmt::format("HTTP/1.1 400 Bad Request\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
        under_way.provider.send(no);
        CHECK(under_way.agent.read_answer() == no);
        under_way.agent.send(request);
        under_way.provider.read_request();
    }
    rig.in_loop([&] { CHECK(rig.keys_refused == 1); });
}
