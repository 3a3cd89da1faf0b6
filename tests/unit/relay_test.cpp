// Requests through the relay: what reaches the provider, and what is refused.
#include "relay_rig.hpp"

#include "../support/catch.hpp"

using namespace eph;
using namespace eph::test;

namespace {

const std::string said = R"({"usage": {"input_tokens": 11, "output_tokens": 7}})";

// Larger than what is held before the provider hears of it.
std::string large(std::size_t size) {
    std::string body = R"({"model": "gpt-5", "input": ")";
    body.append(size - body.size() - 2, 'x');
    return body + "\"}";
}

std::string chunked(std::string_view body, std::size_t size) {
    std::string text;
    for (std::size_t at = 0; at < body.size(); at += size) text += chunk(body.substr(at, size));
    return text + "0\r\n\r\n";
}

const std::string chunked_head = fmt::format(
    "POST /openai/v1/responses HTTP/1.1\r\nHost: a\r\nx-api-key: {}\r\nTransfer-Encoding: chunked\r\n", Rig::token);

}  // namespace

TEST_CASE("a request reaches its provider with the real key, and its answer comes back") {
    Rig rig;
    Peer agent = rig.agent();
    agent.send(post(small_request));
    Peer provider = rig.provider.accept();
    const std::string request = provider.read_request();
    CHECK(request == fmt::format("POST /base/responses HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAccept-Encoding: identity\r\n"
                                 "Content-Length: {}\r\nAuthorization: Bearer real-key\r\n\r\n{}",
                                 rig.provider.port(), small_request.size(), small_request));
    provider.send(answer(said));
    CHECK(agent.read_answer() == answer(said));
    const wire::Usage usage = rig.usage();
    CHECK(usage.requests == 1);
    REQUIRE(usage.models.size() == 1);
    CHECK(usage.models[0].model == "gpt-5");
    CHECK(usage.models[0].input_tokens == 11);
    CHECK(usage.models[0].output_tokens == 7);
}

TEST_CASE("both connections are kept for the next request") {
    Rig rig;
    Peer agent = rig.agent();
    agent.send(get("/models"));
    Peer provider = rig.provider.accept();
    for (int i = 0; i < 3; ++i) {
        provider.read_request();
        provider.send(answer("{}"));
        CHECK(status_of(agent.read_answer()) == 200);
        agent.send(get("/models"));
    }
    provider.read_request();
    CHECK(rig.provider.nobody_waits());
}

TEST_CASE("requests that come without waiting for the answers are relayed one after the other") {
    Rig rig;
    Peer agent = rig.agent();
    agent.send(post(small_request) + get("/models/a") + post(small_request, "Connection: close\r\n"));
    Peer provider = rig.provider.accept();
    CHECK(provider.read_request().starts_with("POST /base/responses "));
    provider.send(answer("1"));
    CHECK(body_of(agent.read_answer()) == "1");
    CHECK(provider.read_request().starts_with("GET /base/models/a "));
    provider.send(answer("2"));
    CHECK(body_of(agent.read_answer()) == "2");
    provider.read_request();
    provider.send(answer("3"));
    CHECK(agent.read_to_end() ==
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1\r\n"
          "Connection: close\r\n\r\n3");
}

TEST_CASE("a chunked body arrives whole, whatever its size") {
    Rig rig;
    Peer agent = rig.agent();
    agent.send(chunked_head + "\r\n" + chunked(small_request, 3));
    Peer provider = rig.provider.accept();
    CHECK(body_of(provider.read_request()) == small_request);
    provider.send(answer("{}"));
    agent.read_answer();
    const std::string body = large(1'000'000);
    auto sender = agent.send_aside(chunked_head + "\r\n" + chunked(body, 70'001));
    const std::string request = provider.read_request();
    sender.get();
    CHECK(request.find("\r\nTransfer-Encoding: chunked\r\n") != request.npos);
    CHECK(body_of(request) == body);
    provider.send(answer(said));
    CHECK(status_of(agent.read_answer()) == 200);
    CHECK(rig.usage().models[0].output_tokens == 7);
}

TEST_CASE("a body of 64 MB passes, and one byte more does not") {
    Rig rig;
    Peer agent = rig.agent();
    const std::string body = large(std::size_t{64} * 1024 * 1024);
    auto sender = agent.send_aside(post(body));
    Peer provider = rig.provider.accept();
    const std::string request = provider.read_request();
    sender.get();
    CHECK(body_of(request) == body);
    provider.send(answer("{}"));
    CHECK(status_of(agent.read_answer()) == 200);

    agent.send(fmt::format("POST /openai/v1/responses HTTP/1.1\r\nHost: a\r\napi-key: {}\r\nContent-Length: {}\r\n\r\n",
                           Rig::token, body.size() + 1));
    CHECK(status_of(agent.read_answer()) == 413);
}

TEST_CASE("a large body's last piece waits for the meter, whose no the provider never takes for a request") {
    wire::Limits limits;
    limits.models = {"gpt-4*"};
    Rig rig{{limits, {}, "openai"}};
    for (const std::string& body :
         {large(600'000), large(600'000) + std::string(400'000, ' '),
          R"({"input": ")" + std::string(600'000, 'x') + R"(", "model": "gpt-4", "Model": "gpt-5"})"}) {
        Peer agent = rig.agent();
        auto sender = agent.send_aside(post(body));
        Peer provider = rig.provider.accept();
        provider.read_head();
        const std::string came = provider.read_to_end();
        CHECK(came.size() < body.size());
        CHECK(came.find('}') == came.npos);
        const std::string no = agent.read_answer();
        sender.get();
        CHECK(status_of(no) >= 400);
        CHECK(no.find("eph") != no.npos);
    }
    CHECK(rig.usage().requests == 0);
    CHECK(rig.usage().refused == 3);
}

TEST_CASE("a small body that the meter refuses never reaches the provider, and the connection goes on") {
    wire::Limits limits;
    limits.models = {"gpt-4*"};
    Rig rig{{limits, {}, "openai"}};
    Peer agent = rig.agent();
    agent.send(post(small_request) + chunked_head + "\r\n" + chunked(small_request, 5) +
               post(R"({"model": "gpt-4o"})"));
    CHECK(status_of(agent.read_answer()) == 403);
    CHECK(status_of(agent.read_answer()) == 403);
    Peer provider = rig.provider.accept();
    CHECK(body_of(provider.read_request()) == R"({"model": "gpt-4o"})");
    provider.send(answer("{}"));
    CHECK(status_of(agent.read_answer()) == 200);
}

TEST_CASE("an agent that waits for 100 Continue gets it from eph, and the provider hears nothing of it") {
    Rig rig;
    Peer agent = rig.agent();
    const std::string request = post(small_request, "Expect: 100-continue\r\n");
    agent.send(request.substr(0, request.find("\r\n\r\n") + 4));
    CHECK(agent.read_head() == "HTTP/1.1 100 Continue\r\n\r\n");
    agent.send(small_request);
    Peer provider = rig.provider.accept();
    CHECK(provider.read_request().find("Expect") == std::string::npos);
    provider.send(answer("{}"));
    CHECK(status_of(agent.read_answer()) == 200);

    agent.send(
        "POST /openai/v1/files HTTP/1.1\r\nHost: a\r\napi-key: session-token\r\nContent-Length: 5\r\n"
        "Expect: 100-continue\r\n\r\n");
    CHECK(status_of(agent.read_answer()) == 404);  // and is not invited to send a body
}

TEST_CASE("what eph refuses by its head alone never reaches the provider, and says why in the provider's shape") {
    struct Row {
        const char* what;
        std::string text;
        int status;
    };
    const std::string token = "Authorization: Bearer session-token\r\n";
    const auto request = [](const std::string& line, const std::string& fields) {
        return line + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
    };
    const Row rows[] = {
        {"no token", request("GET /openai/v1/models", ""), 401},
        {"another token", request("GET /openai/v1/models", "Authorization: Bearer other\r\n"), 401},
        {"the token's beginning", request("GET /openai/v1/models", "api-key: session-toke\r\n"), 401},
        {"another path", request("GET /openai/v1/organization/projects", token), 404},
        {"another provider", request("GET /anthropic/v1/models", token), 404},
        {"a way out of the path", request("GET /openai/v1/models/..%2f..%2forganization", token), 404},
        {"another method", request("DELETE /openai/v1/models", token), 405},
        {"TRACE", request("TRACE /openai/v1/models", token), 405},
        {"a WebSocket", request("GET /openai/v1/responses", token + "Connection: Upgrade\r\nUpgrade: websocket\r\n"),
         426},
        {"a compressed body",
         request("POST /openai/v1/responses", token + "Content-Encoding: gzip\r\nContent-Length: 5\r\n"), 415},
        {"an expectation", request("POST /openai/v1/responses", token + "Expect: a\r\nContent-Length: 5\r\n"), 417},
    };
    Rig rig;
    for (const Row& row : rows) {
        INFO(row.what);
        Peer agent = rig.agent();
        agent.send(row.text);
        const std::string no = agent.read_answer();
        CHECK(status_of(no) == row.status);
        CHECK(no.find(R"({"error":{"message":"eph)") != no.npos);
        CHECK(no.find("x-should-retry: false\r\n") != no.npos);
    }
    CHECK(rig.provider.nobody_waits());
    CHECK(rig.usage().refused == static_cast<std::int64_t>(std::size(rows)));
    rig.in_loop([&] { CHECK(rig.refusals.size() == std::size(rows)); });
}

TEST_CASE("a request that could be smuggled is refused, and nothing behind it is read as another one") {
    const std::string token = "Authorization: Bearer session-token\r\n";
    const std::string hidden = get("/models/hidden");
    const auto request = [&](const std::string& fields, const std::string& body) {
        return "POST /openai/v1/responses HTTP/1.1\r\nHost: a\r\n" + token + fields + "\r\n" + body + hidden;
    };
    const std::string rows[] = {
        request("Content-Length: 4\r\nContent-Length: 4\r\n", "{}  "),
        request("Content-Length: 4\r\nContent-Length: 0\r\n", "{}  "),
        request("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        request("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n"),
        request("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", "0\r\n\r\n"),
        request("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
        request("Transfer-Encoding:\x0b"
                "chunked\r\n",
                "0\r\n\r\n"),
        request("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
        request("X: a\r\n Transfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        request("X: a\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        request("X: a\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        request("Content-Length: +2\r\n", "{}"),
        request("Content-Length: 2, 2\r\n", "{}"),
        request("Host: b\r\nContent-Length: 2\r\n", "{}"),
        request("Transfer-Encoding: chunked\r\n", "0x2\r\n{}\r\n0\r\n\r\n"),
        request("Transfer-Encoding: chunked\r\n", "2\n{}\r\n0\r\n\r\n"),
        request("Transfer-Encoding: chunked\r\n", "2\r\n{}0\r\n\r\n"),
        request("Transfer-Encoding: chunked\r\n", "2 \r\n{}\r\n0\r\n\r\n"),
        "GET http://127.0.0.1/openai/v1/models HTTP/1.1\r\nHost: a\r\n" + token + "\r\n" + hidden,
        "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n" + token + "\r\n" + hidden,
        "GET /openai/v1/models HTTP/1.0\r\nHost: a\r\n" + token + "\r\n" + hidden,
    };
    Rig rig;
    for (const std::string& row : rows) {
        INFO(row);
        Peer agent = rig.agent();
        agent.send(row);
        agent.end_of_sending();
        const std::string no = agent.read_answer();
        CHECK(status_of(no) >= 400);
        CHECK(no.find("Connection: close\r\n") != no.npos);
        CHECK(agent.read_to_end().empty());
    }
    CHECK(rig.provider.nobody_waits());
}

TEST_CASE("a session that is over is told so on a connection that is kept") {
    Rig rig;
    Peer agent = rig.agent();
    agent.send(get("/models"));
    Peer provider = rig.provider.accept();
    provider.read_request();
    provider.send(answer("{}"));
    agent.read_answer();
    rig.in_loop([&] { rig.session->over = true; });
    agent.send(get("/models"));
    const std::string no = agent.read_answer();
    CHECK(status_of(no) == 403);
    CHECK(no.find("this session is over") != no.npos);
}

TEST_CASE("a request that has to wait for another one goes on when that has ended") {
    wire::Limits limits;
    limits.max_tokens = 500;
    Rig rig{{limits, {}, "openai"}};
    const std::string body = R"({"model": "gpt-5", "max_output_tokens": 400})";
    Peer first = rig.agent();
    first.send(post(body));
    Peer provider = rig.provider.accept();
    provider.read_request();
    Peer second = rig.agent();
    second.send(post(body));
    Peer gone = rig.agent();
    gone.send(post(body));
    gone.end_of_sending();
    CHECK(gone.read_to_end().empty());  // it waits no longer
    CHECK(rig.provider.nobody_waits());
    provider.send(answer(said));
    first.read_answer();
    provider.read_request();
    provider.send(answer(said));
    CHECK(status_of(second.read_answer()) == 200);
}
