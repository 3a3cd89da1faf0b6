// ephd killed at any moment: what is at the provider is found again and revoked, sessions go on.
#include <csignal>
#include <thread>

#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

namespace {

struct Fixture : DaemonAndSim {
    Json session(std::unique_ptr<LeaseConnection>& lease, int ttl = 600) {
        lease = ephd.session({{"host", "web"}, {"ttl_seconds", ttl}});
        const auto issued = lease->event();
        REQUIRE(issued);
        return *issued;
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a session outlives kill -9 of ephd when its client takes the lease up again") {
    std::unique_ptr<LeaseConnection> lease;
    const Json issued = session(lease);
    ephd.kill9();
    CHECK_FALSE(lease->event());
    ephd.start();
    const auto again = ephd.lease(issued.at("session").at("id"));
    const auto held = again->event();
    REQUIRE(held);
    CHECK(held->at("event") == "held");
    CHECK(held->at("expires_at") == issued.at("session").at("expires_at"));
    CHECK(sim.live_keys() == 1);
    CHECK(sim.requests("DELETE").empty());
    const Reply ended = ephd.call("DELETE", "/v1/sessions/" + issued.at("session").at("id").get<std::string>(),
                                  {{"reason", "agent_exited"}});
    CHECK(ended.json().at("confirmed") == true);
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(Fixture, "a session goes on over an orderly restart of ephd too") {
    std::unique_ptr<LeaseConnection> lease;
    const Json issued = session(lease);
    CHECK(ephd.stop().status == 0);
    CHECK_FALSE(lease->event());
    CHECK(sim.live_keys() == 1);
    ephd.start();
    CHECK(ephd.lease(issued.at("session").at("id"))->event()->at("event") == "held");
    CHECK(ephd.becomes(issued.at("key").at("id"), "revoked"));  // the lease has just been dropped
}

TEST_CASE_METHOD(Fixture, "a session whose client does not come back after a restart is over after half a minute",
                 "[slow][grace]") {
    std::unique_ptr<LeaseConnection> lease;
    const Json issued = session(lease);
    ephd.kill9();
    lease->close();
    ephd.start();
    const auto began = std::chrono::steady_clock::now();
    sim.wait_for_answered("DELETE service_accounts", 1, 40s);
    CHECK(std::chrono::steady_clock::now() - began > 28s);
    CHECK(ephd.key(issued.at("key").at("id")).at("reason") == "lease_closed");
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(Fixture, "a deadline that passed while ephd was dead is made up for at its start") {
    std::unique_ptr<LeaseConnection> lease;
    const Json issued = session(lease, 1);
    ephd.kill9();
    const auto deadline = std::chrono::steady_clock::now() + 1500ms;
    eventually([&] { return std::chrono::steady_clock::now() > deadline; });
    CHECK(sim.live_keys() == 1);
    ephd.start();
    sim.wait_for_answered("DELETE service_accounts", 1, 5s);
    CHECK(ephd.becomes(issued.at("key").at("id"), "revoked"));
    CHECK(ephd.key(issued.at("key").at("id")).at("reason") == "deadline");
    CHECK(ephd.get("/v1/sessions/" + issued.at("session").at("id").get<std::string>()).at("end_reason") == "deadline");
}

TEST_CASE_METHOD(Fixture, "a key whose creation ephd did not live to see is found by its name and revoked") {
    sim.fault({{"kind", "hang"}, {"effect", true}, {"match", {{"method", "POST"}}}});
    const auto lease = ephd.session({{"host", "web"}});
    sim.wait_for("POST service_accounts");
    CHECK(eventually([&] { return sim.live_keys() == 1; }));
    ephd.kill9();
    ephd.start();
    sim.wait_for_answered("DELETE service_accounts");
    CHECK(sim.live_keys() == 0);
    const Json key = ephd.wait_for_key("revoked");
    CHECK(key.at("reason") == "answer_lost");
    CHECK(ephd.get("/v1/sessions").at("sessions").at(0).at("state") == "over");
}

TEST_CASE_METHOD(Fixture, "a key whose creation took effect only after ephd was back is found all the same") {
    sim.fault({{"kind", "hang"}, {"match", {{"method", "POST"}}}});
    const auto lease = ephd.session({{"host", "web"}});
    sim.wait_for("POST service_accounts");
    ephd.kill9();
    const std::string name = sim.requests("POST service_accounts").at(0).at("body").at("name");
    ephd.start();
    sim.wait_for_answered("GET service_accounts", 2);  // looked for, and not there
    sim.seed(name);
    sim.wait_for_answered("DELETE service_accounts");
    CHECK_FALSE(sim.has(name));
    CHECK(ephd.wait_for_key("revoked").at("name") == name);
}

TEST_CASE_METHOD(Fixture, "a creation that the provider refused and carried out all the same is found and revoked") {
    const int status = GENERATE(400, 403, 429);
    INFO(status);
    sim.wait_for_answered("GET /users");  // the comparison at the start
    sim.fault({{"kind", "status"}, {"status", status}, {"effect", true}, {"match", {{"method", "POST"}}}});
    CHECK(ephd.call("POST", "/v1/keys", Json::object()).status >= 400);
    CHECK(sim.live_keys() == 1);
    sim.wait_for_answered("DELETE service_accounts", 1, 30s);
    CHECK(sim.live_keys() == 0);
    CHECK(eventually([&] { return ephd.get("/v1/keys").at("keys").empty(); }));
}

TEST_CASE_METHOD(Fixture, "of two accounts that the provider made for one creation, both are gone when the key is") {
    sim.wait_for_answered("GET /users");  // the comparison at the start
    sim.fault({{"kind", "twice"}, {"match", {{"method", "POST"}}}});
    const Json key = ephd.create_key().at("key");
    CHECK(sim.live_keys() == 2);
    CHECK(ephd.call("POST", "/v1/cleanup", Json::object()).status == 200);  // the list is read while the key lives
    CHECK(sim.live_keys() == 2);
    ephd.call("DELETE", "/v1/keys/" + key.at("id").get<std::string>());
    CHECK(ephd.wait_for_key("revoked").at("outcome") == "confirmed");
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(Fixture, "a second account that the list shows while the first is being deleted is gone with it") {
    sim.wait_for_answered("GET /users");  // the comparison at the start
    sim.fault({{"kind", "twice"}, {"match", {{"method", "POST"}}}});
    const std::string id = ephd.create_key().at("key").at("id");
    // Deleted at once, answered slowly: the list is read in between.
    sim.fault({{"kind", "drip"}, {"delay_ms", 20}, {"effect", true}, {"match", {{"method", "DELETE"}}}});
    std::thread deletion{[&] { ephd.call("DELETE", "/v1/keys/" + id); }};
    CHECK(eventually([&] { return sim.live_keys() == 1; }));
    const auto cleaned = ephd.call("POST", "/v1/cleanup", Json::object());
    deletion.join();
    CHECK(cleaned.status == 200);
    CHECK(ephd.wait_for_key("revoked").at("outcome") == "confirmed");
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(Fixture, "a revocation that was under way goes on after kill -9") {
    const std::string id = ephd.create_key().at("key").at("id");
    sim.fault({{"kind", "hang"}, {"match", {{"method", "DELETE"}}}});
    HttpConnection asked{home.socket()};
    asked.request("DELETE", "/v1/keys/" + id);
    sim.wait_for("DELETE service_accounts");
    ephd.kill9();
    CHECK(sim.live_keys() == 1);
    ephd.start();
    sim.wait_for_answered("DELETE service_accounts");
    CHECK(ephd.becomes(id, "revoked"));
    CHECK(ephd.key(id).at("reason") == "asked");
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(Fixture, "killed again and again at random moments, ephd leaves nothing behind", "[slow][kills]") {
    for (int round = 0; round < 8; ++round) {
        std::vector<std::unique_ptr<LeaseConnection>> leases;
        const auto before = static_cast<int>(sim.requests("POST service_accounts").size());
        for (int i = 0; i < 4; ++i) leases.push_back(ephd.session({{"host", "web"}, {"ttl_seconds", 2}}));
        sim.wait_for("POST service_accounts", before + 1 + round % 4);
        if (round % 2 == 0) leases.clear();
        ephd.kill9();
        ephd.start();
    }
    const bool all_revoked = eventually(
        [&] {
            return ephd.get("/v1/keys").at("keys").empty() && ephd.get("/v1/sessions?active=1").at("sessions").empty();
        },
        90s);
    INFO(ephd.get("/v1/status").dump(1) << ephd.program().err());
    CHECK(all_revoked);
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(Fixture, "ephd drains on SIGTERM: what is being revoked is, the socket goes, the status is 0") {
    const std::string id = ephd.create_key().at("key").at("id");
    sim.fault({{"kind", "delay"}, {"delay_ms", 400}, {"match", {{"method", "DELETE"}}}});
    HttpConnection asked{home.socket()};
    asked.request("DELETE", "/v1/keys/" + id);
    sim.wait_for("DELETE service_accounts");
    CHECK(ephd.stop().status == 0);
    CHECK(sim.live_keys() == 0);
    CHECK_FALSE(std::filesystem::exists(home.socket()));
    ephd.start();
    CHECK(ephd.key(id).at("state") == "revoked");
}

TEST_CASE_METHOD(Fixture, "SIGINT ends ephd as SIGTERM does, with idle clients connected") {
    HttpConnection silent{home.socket()};
    const auto lease = ephd.session({{"host", "web"}});
    REQUIRE(lease->event());
    ephd.program().signal(SIGINT);
    const Finished end = ephd.program().wait(5s);
    CHECK(end.status == 0);
    CHECK(end.err.find("not everything ended in time") == std::string::npos);
}

TEST_CASE_METHOD(Fixture, "a provider that hangs does not keep ephd from ending", "[slow][hang]") {
    const std::string id = ephd.create_key().at("key").at("id");
    sim.fault({{"kind", "hang"}, {"times", -1}});
    HttpConnection revocation{home.socket()};
    revocation.request("DELETE", "/v1/keys/" + id);
    HttpConnection creation{home.socket()};
    creation.request("POST", "/v1/keys", "{}");
    sim.wait_for("DELETE service_accounts");
    sim.wait_for("POST service_accounts", 2);
    const Finished end = ephd.stop(60s);  // a creation may take its 30 s, lest its answer is lost
    INFO(end.err);
    CHECK(end.status == 0);
    CHECK(end.err.find("not everything ended in time") == std::string::npos);
    CHECK(end.err.find("error") == std::string::npos);
}
