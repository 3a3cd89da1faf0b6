// What ends or hinders a session's endpoint: its own end, ephd's, too many connections, a credential that is refused.
#if defined(__linux__)
#include <sys/resource.h>
#endif

#include <algorithm>
#include <csignal>

#include "tests/integration/support/brokered.hpp"
#include "tests/support/sanitized.hpp"

using namespace eph::test;

namespace {

struct Fixture : BrokeredWorld {
    // A request whose answer the provider keeps back.
    std::unique_ptr<HttpConnection> ask_slowly(int delay_ms) {
        sim.fault({{"kind", "delay"}, {"delay_ms", delay_ms}, {"match", {{"path_contains", "responses"}}}});
        auto agent = connect();
        agent->request("POST", "/openai/v1/responses", a_question.dump(),
                       {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}});
        sim.wait_for("POST /v1/responses");
        return agent;
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "the end of a session cuts what its agent is being answered, and counts it") {
    start();
    const auto agent = ask_slowly(60'000);
    const auto began = std::chrono::steady_clock::now();
    const Json ended = end("agent_exited").json();
    CHECK(agent->reply().status == 0);
    CHECK(std::chrono::steady_clock::now() - began < 5s);
    CHECK(ended.at("session").at("usage").at("requests") == 1);
    CHECK(ended.at("session").at("usage").at("failed") == 1);
}

TEST_CASE_METHOD(Fixture, "an ephd that stops lets an answer under way come to its end") {
    start();
    const auto agent = ask_slowly(700);
    ephd.program().signal(SIGTERM);
    CHECK(agent->reply().status == 200);
    CHECK(ephd.program().wait().status == 0);
    restart();
    CHECK(look().at("usage").at("requests") == 1);
}

TEST_CASE_METHOD(Fixture, "an ephd that stops does not wait for long for an answer, and its session goes on") {
    start();
    const auto agent = ask_slowly(60'000);
    const auto began = std::chrono::steady_clock::now();
    CHECK(ephd.stop().status == 0);
    CHECK(std::chrono::steady_clock::now() - began < 10s);
    CHECK(agent->reply().status == 0);
    restart();
    CHECK(look().at("usage").at("failed") == 1);
    works();
}

TEST_CASE_METHOD(Fixture, "half a minute after a session was stopped its endpoint is gone", "[slow][lastwords]") {
    start();
    const auto began = std::chrono::steady_clock::now();
    CHECK(end("asked").status == 200);
    CHECK(ask().status == 403);
    CHECK(eventually([&] { return nobody_listens(); }, 40s));
    CHECK(std::chrono::steady_clock::now() - began > 28s);
    CHECK_FALSE(std::filesystem::exists(socket));
}

TEST_CASE_METHOD(
    Fixture, "the person hears that the provider refuses ephd's own credential, and the agent is not asked for it") {
    start();
    sim.fault({{"kind", "status"}, {"status", 401}, {"times", 2}, {"match", {{"path_contains", "responses"}}}});
    CHECK(ask().status == 403);
    CHECK(ask().status == 403);
    const Json said = lease->event().value();
    CHECK(said.at("event") == "credential_refused");
    CHECK(said.at("reason") == "OpenAI");
    const std::string note = "session " + session + ": OpenAI refuses the credential that ephd holds";
    CHECK(ephd.get("/v1/status").at("notes") == Json{note});
    const Json trail = ephd.get("/v1/events?last=100").at("events");
    CHECK(std::count_if(trail.begin(), trail.end(),
                        [](const Json& line) { return line.at("event") == "credential_refused"; }) == 1);
    works();
    CHECK(ephd.get("/v1/status").at("notes") == Json::array());
    CHECK(end("agent_exited").status == 200);
    CHECK(lease->event()->at("event") == "over");
}

TEST_CASE_METHOD(Fixture, "more connections than a session may have wait for their turn") {
    start();
    std::vector<std::unique_ptr<HttpConnection>> idle;
    for (int i = 0; i < 256; ++i) idle.push_back(connect());
    const auto agent = connect();
    agent->request("POST", "/openai/v1/responses", a_question.dump(), {{"Authorization", "Bearer " + token}});
    CHECK(ephd.call("GET", "/v1/status").status == 200);
    CHECK(sim.requests("/v1/responses").empty());
    idle.erase(idle.begin(), idle.begin() + 8);
    CHECK(agent->reply().status == 200);
}

#if defined(__linux__)
TEST_CASE_METHOD(Fixture, "an ephd without a free descriptor accepts an agent's connection when there is one again") {
    if (!works_without_descriptors) {
        WARN("skipped: UndefinedBehaviorSanitizer needs descriptors itself");
        return;
    }
    start();
    const rlimit few{48, 48};
    REQUIRE(prlimit(ephd.pid(), RLIMIT_NOFILE, &few, nullptr) == 0);
    std::vector<std::unique_ptr<HttpConnection>> idle;
    for (int i = 0; i < 64; ++i) idle.push_back(connect());
    ephd.program().wait_for_err("the broker cannot accept a connection");
    idle.clear();
    works();
}
#endif
