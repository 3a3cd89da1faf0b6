// Sessions through the broker: an endpoint and a token for the agent, and the key that stays with ephd.
#include <fstream>
#include <sstream>

#include "tests/integration/support/brokered.hpp"

using namespace eph::test;

namespace {

std::string content(const std::filesystem::path& file) {
    std::ifstream stream{file, std::ios::binary};
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE_METHOD(BrokeredWorld, "an agent works through its session's socket, with a token in place of the key") {
    start();
    CHECK(token.starts_with("eph-"));
    CHECK(issued.at("session").at("credential") == "broker");
    CHECK(issued.at("broker").at("base_path") == "/openai/v1");
    CHECK(port == 0);
    CHECK(socket == home.socket().parent_path() / ("b-" + session));
    struct stat info {};
    REQUIRE(stat(socket.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    works();
    const Json call = sim.requests("/v1/responses").at(0);
    CHECK(call.at("credential") == issued.at("key").at("api_key_id"));
    CHECK_FALSE(has(call.dump(), token));
    CHECK(look().at("usage").at("requests") == 1);
}

TEST_CASE_METHOD(BrokeredWorld, "an agent on this machine works through a port of its loopback") {
    start({{"host", "local"}, {"endpoint", "port"}});
    CHECK(port > 0);
    CHECK(socket.empty());
    works();
}

TEST_CASE_METHOD(BrokeredWorld, "the real key and the token are in no file, no log and no answer but the first") {
    start();
    works();
    const std::string key = sim.state().at("accounts").back().at("keys").at(0).at("value");
    CHECK_FALSE(has(issued.dump(), key));
    const std::string said = ephd.get("/v1/status").dump() + look().dump() + ephd.get("/v1/events?last=100").dump();
    end("agent_exited");
    const std::string ledger = content(home.ledger()) + content(home.ledger().string() + "-wal");
    REQUIRE(has(ledger, session));
    for (const std::string& secret : {key, token}) {
        CHECK_FALSE(has(said, secret));
        CHECK_FALSE(has(ledger, secret));
        CHECK_FALSE(has(ephd.program().err(), secret));
    }
    CHECK_FALSE(has(ledger, "You said"));
}

TEST_CASE_METHOD(BrokeredWorld, "without the session's own token nothing is relayed") {
    start();
    const std::string first = token;
    const auto kept = std::move(lease);
    start();
    for (const std::string& wrong : {std::string{"eph-"}, first, token + "x", token.substr(0, 20)}) {
        const Reply reply = ask(a_question, wrong);
        CHECK(reply.status == 401);
    }
    CHECK(sim.requests("/v1/responses").empty());
    CHECK(look().at("usage").at("requests") == 0);
    CHECK(look().at("usage").at("refused") == 4);
}

TEST_CASE_METHOD(BrokeredWorld, "what is refused stands in the trail, once a minute for each reason") {
    start();
    for (int i = 0; i < 3; ++i) CHECK(ask(a_question, "eph-wrong").status == 401);
    int lines = 0;
    const Json trail = ephd.get("/v1/events?last=100").at("events");
    for (const Json& line : trail) {
        if (line.at("event") != "refused") continue;
        ++lines;
        CHECK(line.at("session") == session);
        CHECK(has(line.at("detail"), "token"));
    }
    CHECK(lines == 1);
}

TEST_CASE_METHOD(BrokeredWorld, "when its client ends a session, the endpoint is gone and the key is revoked") {
    start();
    works();
    const Reply ended = end("agent_exited");
    CHECK(ended.status == 200);
    CHECK(ended.json().at("confirmed") == true);
    CHECK(ended.json().at("session").at("usage").at("requests") == 1);
    CHECK(ended.json().at("session").at("state") == "over");
    CHECK(nobody_listens());
    CHECK_FALSE(std::filesystem::exists(socket));
    CHECK(sim.live_keys() == 0);
    const Json trail = ephd.get("/v1/events?last=100").at("events");
    CHECK(std::any_of(trail.begin(), trail.end(), [&](const Json& line) {
        return line.at("event") == "used" && has(line.at("detail"), "1 requests");
    }));
}

TEST_CASE_METHOD(BrokeredWorld, "an agent whose session was stopped is told so, and nothing is relayed any more") {
    start();
    CHECK(end("asked").status == 200);
    CHECK(ask().status == 403);
    CHECK(sim.requests("/v1/responses").empty());
    ephd.stop();
    CHECK_FALSE(std::filesystem::exists(socket));
}

TEST_CASE_METHOD(BrokeredWorld, "a session through the broker ends at its deadline") {
    start({{"ttl_seconds", 1}});
    CHECK(lease->event()->at("reason") == "deadline");
    CHECK(ask().status == 403);
    sim.wait_for_answered("DELETE service_accounts");
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(BrokeredWorld, "a session through the broker can be extended, its key with it") {
    start();
    const std::int64_t before = issued.at("session").at("expires_at");
    const Json later = ephd.post("/v1/sessions/" + session + "/extend", {{"seconds", 600}}, 200);
    CHECK(later.at("expires_at") == before + 600);
    CHECK(ephd.key(issued.at("key").at("id")).at("expires_at") == before + 600);
    works();
}

TEST_CASE_METHOD(BrokeredWorld, "limits belong to the broker, and must be such") {
    const auto refused = [&](Json extra) {
        Json request = {{"host", "web"}, {"credential", "broker"}};
        request.update(extra);
        return ephd.post("/v1/sessions", request, 400).at("error").at("message").get<std::string>();
    };
    CHECK(refused({{"limits", {{"max_requests", 0}}}}) == "'limits/max_requests' must be more than zero");
    CHECK(refused({{"limits", {{"budget_micros", -1}}}}) == "'limits/budget_micros' must be more than zero");
    CHECK(refused({{"limits", {{"models", {"gpt 5"}}}}}) == "'gpt 5' cannot be a model's name");
    CHECK(refused({{"endpoint", "tcp"}}) == "'tcp' is not an endpoint of the broker");
    CHECK(refused({{"credential", "key"}, {"limits", {{"rpm", 3}}}}) ==
          "only the broker keeps limits, and not a session whose credential is key");
    CHECK(sim.requests("POST service_accounts").empty());
    CHECK(ephd.get("/v1/sessions").at("sessions").empty());
}

TEST_CASE_METHOD(BrokeredWorld, "a session that cannot be started leaves no endpoint behind") {
    sim.fault({{"kind", "status"}, {"status", 403}, {"match", {{"method", "POST"}}}});
    CHECK(ephd.call("POST", "/v1/sessions", {{"host", "web"}, {"credential", "broker"}}).status == 502);
    for (const auto& entry : std::filesystem::directory_iterator{home.socket().parent_path()})
        CHECK_FALSE(entry.path().filename().string().starts_with("b-"));
}
