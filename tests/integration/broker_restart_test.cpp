// Sessions through the broker over the end of ephd: the next one serves them where they were.
#include <algorithm>
#include <fstream>

#include "tests/integration/support/brokered.hpp"

using namespace eph::test;

namespace {

struct Fixture : BrokeredWorld {
    std::string first_key() const { return issued.at("key").at("id"); }
    int made() { return static_cast<int>(sim.requests("POST service_accounts").size()); }
};

}  // namespace

TEST_CASE_METHOD(Fixture,
                 "after kill -9 of ephd the same socket serves the session with a new key, and the old one goes") {
    start();
    works();
    ephd.kill9();
    CHECK(nobody_listens());
    restart();
    CHECK(made() == 1);  // none before somebody asks
    works();
    CHECK(made() == 2);
    const std::string key = look().at("key");
    CHECK(key != first_key());
    CHECK(ephd.key(key).at("state") == "live");
    CHECK(ephd.key(key).at("expires_at") == issued.at("session").at("expires_at"));
    CHECK(ephd.key(key).at("session") == session);
    CHECK(ephd.becomes(first_key(), "revoked"));
    CHECK(ephd.key(first_key()).at("reason") == "replaced");
    CHECK(look().at("state") == "active");
    CHECK(sim.live_keys() == 1);
    works();
    CHECK(made() == 2);
    CHECK(end("agent_exited").json().at("confirmed") == true);
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(Fixture, "after kill -9 of ephd the same port serves the session") {
    start({{"host", "local"}, {"endpoint", "port"}});
    ephd.kill9();
    restart();
    works();
}

TEST_CASE_METHOD(Fixture, "a session through the broker goes on over an orderly stop") {
    start();
    CHECK(ephd.stop().status == 0);
    restart();
    works();
    CHECK(look().at("state") == "active");
}

TEST_CASE_METHOD(Fixture, "many requests after a restart make one key") {
    start();
    ephd.kill9();
    restart();
    std::vector<std::unique_ptr<HttpConnection>> agents;
    for (int i = 0; i < 20; ++i) {
        agents.push_back(connect());
        agents.back()->request("POST", "/openai/v1/responses", a_question.dump(),
                               {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}});
    }
    for (const auto& agent : agents) CHECK(agent->reply().status == 200);
    CHECK(made() == 2);
}

TEST_CASE_METHOD(Fixture, "where no new key can be had the agent hears why, and the next request tries again") {
    start();
    ephd.kill9();
    restart();
    sim.fault({{"kind", "status"}, {"status", 403}, {"match", {{"method", "POST"}, {"path_contains", "accounts"}}}});
    const Reply refused = ask();
    CHECK(refused.status == 503);
    CHECK(refused.text.find("OpenAI") != refused.text.npos);
    CHECK(look().at("state") == "active");
    CHECK(look().at("key") == first_key());
    works();
    CHECK(ephd.becomes(first_key(), "revoked"));
    CHECK(sim.live_keys() == 1);
}

TEST_CASE_METHOD(Fixture, "an ephd that dies while it makes the new key leaves neither of the two behind") {
    start();
    ephd.kill9();
    restart();
    sim.fault({{"kind", "delay"},
               {"delay_ms", 60'000},
               {"effect", true},
               {"match", {{"method", "POST"}, {"path_contains", "accounts"}}}});
    const auto waiting = connect();
    waiting->request("POST", "/openai/v1/responses", a_question.dump(), {{"Authorization", "Bearer " + token}});
    sim.wait_for("POST service_accounts", 2);
    ephd.kill9();
    sim.clear_faults();
    restart();
    CHECK(look().at("state") == "active");
    works();
    CHECK(eventually([&] { return sim.live_keys() == 1; }));
    CHECK(end("agent_exited").status == 200);
    CHECK(eventually([&] { return sim.live_keys() == 0; }));
}

TEST_CASE_METHOD(Fixture, "what was used counts against the limits of the same session under the next ephd") {
    start({{"limits", {{"max_requests", 2}, {"models", {"gpt-*"}}}}});
    works();
    CHECK(ephd.stop().status == 0);
    restart();
    CHECK(look().at("limits").at("max_requests") == 2);
    CHECK(look().at("limits").at("models") == Json{"gpt-*"});
    CHECK(look().at("usage").at("requests") == 1);
    works();
    CHECK(ask().status == 403);
}

TEST_CASE_METHOD(Fixture, "what was used is in the ledger a second later, whatever becomes of ephd") {
    start();
    works();
    const auto later = std::chrono::steady_clock::now() + 1500ms;
    CHECK(eventually([&] { return std::chrono::steady_clock::now() > later; }));
    ephd.kill9();
    restart();
    CHECK(look().at("usage").at("requests") == 1);
}

TEST_CASE_METHOD(Fixture, "a request under way when ephd is killed counts, too") {
    start({{"limits", {{"max_requests", 1}}}});
    sim.fault({{"kind", "hang"}, {"match", {{"path_contains", "responses"}}}});
    const auto agent = connect();
    agent->request("POST", "/openai/v1/responses", a_question.dump(), {{"Authorization", "Bearer " + token}});
    sim.wait_for("POST /v1/responses");
    const auto later = std::chrono::steady_clock::now() + 1500ms;
    CHECK(eventually([&] { return std::chrono::steady_clock::now() > later; }));
    ephd.kill9();
    restart();
    CHECK(look().at("usage").at("requests") == 1);
    CHECK(look().at("usage").at("failed") == 1);
    CHECK(ask().status == 403);
}

TEST_CASE_METHOD(Fixture, "a session that ended while ephd was dead has no endpoint in the next one") {
    start({{"ttl_seconds", 1}});
    ephd.kill9();
    const auto deadline = std::chrono::steady_clock::now() + 1500ms;
    CHECK(eventually([&] { return std::chrono::steady_clock::now() > deadline; }));
    ephd.start();
    CHECK(ephd.becomes(first_key(), "revoked"));
    CHECK(look().at("state") == "over");
    ephd.stop();
    CHECK_FALSE(std::filesystem::exists(socket));
}

TEST_CASE_METHOD(Fixture, "a socket that no session owns any more is removed at the start, and nothing else is") {
    start();
    const auto directory = socket.parent_path();
    ephd.kill9();
    std::filesystem::rename(socket, directory / "b-0000000000");
    std::ofstream{directory / "b-notasocket"} << "";
    restart();
    CHECK_FALSE(std::filesystem::exists(directory / "b-0000000000"));
    CHECK(std::filesystem::exists(directory / "b-notasocket"));
    works();
}

TEST_CASE("after a restart the credential comes from the client's environment again, if that is where it was") {
    Sim sim;
    TempHome home;
    Daemon ephd{home};
    const Variables own{{"Eph-Admin-Key", admin_key}, {"Eph-Project-Id", project}, {"Eph-Base-Url", sim.base_url()}};
    auto lease = ephd.session({{"host", "web"}, {"credential", "broker"}}, own);
    const Json issued = lease->event().value();
    REQUIRE(lease->status() == 201);
    const std::string session = issued.at("session").at("id");
    const auto ask = [&] {
        HttpConnection agent{std::filesystem::path{issued.at("broker").at("socket").get<std::string>()}};
        agent.request("POST", "/openai/v1/responses", a_question.dump(),
                      {{"Authorization", "Bearer " + issued.at("secret").get<std::string>()}});
        return agent.reply();
    };
    CHECK(ask().status == 200);
    ephd.kill9();
    ephd.start();
    const auto without = ephd.lease(session);
    CHECK(without->event()->at("event") == "held");
    const Reply missing = ask();
    CHECK(missing.status == 503);
    CHECK(missing.text.find("no account for project " + std::string{project}) != missing.text.npos);
    LeaseConnection with{home.socket(), "GET", "/v1/sessions/" + session + "/lease", nullptr, own};
    CHECK(with.event()->at("event") == "held");
    CHECK(ask().status == 200);
}
