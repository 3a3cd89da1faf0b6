// What reaches a session's endpoint may come from anybody on its host: who has no token takes nothing from who has it.
#include "daemon/bounds.hpp"
#include "tests/integration/support/brokered.hpp"
#include "tests/integration/support/crowd.hpp"
#include "tests/support/sanitized.hpp"

using namespace eph::test;
namespace bounds = eph::bounds;

namespace {

const std::string half_a_head = "POST /openai/v1/responses HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer eph-";

struct Hammered : BrokeredWorld {
    // As many connections as want to be there, each saying so much.
    Crowd hammer(int count, const std::string& says) const {
        return port != 0 ? crowd(port, count, says) : crowd(socket, count, says);
    }
    int refused_status(const std::string& bytes) const {
        const auto connection = connect();
        connection->send(bytes);
        return connection->reply().status;
    }
};

}  // namespace

TEST_CASE_METHOD(Hammered, "connections without a token keep the agent from nothing, on a socket and on a port") {
    allow_descriptors(4'000);
    for (const char* endpoint : {"socket", "port"}) {
        start({{"endpoint", endpoint}, {"host", "local"}});
        works();
        ShortKey key{ephd, sim, 2s};
        const long before = memory_of(ephd.pid());
        const Crowd silent = hammer(1'000, "");
        const Crowd begun = hammer(1'000, half_a_head + std::string(50'000, 'x'));
        const Crowd wrong = hammer(1'000, half_a_head + "wrong\r\nContent-Length: 100000\r\n\r\n");
        works();
        check_answers(ephd);
        CHECK(key.revoked_in_time());
        if (const auto open = descriptors_of(ephd.pid())) CHECK(*open < bounds::agent_connections + 100);
        if (!sanitized) CHECK(memory_of(ephd.pid(), "VmHWM") - before < 100 * 1024);
    }
}

TEST_CASE_METHOD(Hammered, "an agent's connection that rests goes before one that works") {
    start();
    const auto stream = connect();  // is answered slowly
    sim.fault({{"match", {{"path_contains", "/responses"}}}, {"kind", "delay"}, {"delay_ms", 3000}});
    stream->request("POST", "/openai/v1/responses", a_question.dump(),
                    {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}});
    sim.wait_for("/v1/responses");
    const Crowd others = hammer(600, half_a_head);
    CHECK(stream->reply().status == 200);
}

TEST_CASE_METHOD(Hammered, "what an agent sends too much of is refused by its endpoint") {
    start({{"limits", {{"models", {"gpt-5"}}}}});
    const std::string head = half_a_head.substr(0, half_a_head.size() - 4) + token +
                             "\r\nConnection: close\r\nContent-Type: application/json\r\n";
    CHECK(refused_status(head + "X: " + std::string(100'000, 'x') + "\r\n\r\n") == 431);
    std::string lines;
    for (int i = 0; i < 200; ++i) lines += "X-" + std::to_string(i) + ": 1\r\n";
    CHECK(refused_status(head + lines + "\r\n") == 431);
    const std::string deep =
        R"({"model": "gpt-5", "input": )" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
    CHECK(refused_status(head + "Content-Length: " + std::to_string(deep.size()) + "\r\n\r\n" + deep) == 400);
    CHECK(refused_status(head + "Content-Length: 100000000\r\n\r\n") == 413);
    CHECK(sim.requests("/v1/responses").empty());
    works();
}
