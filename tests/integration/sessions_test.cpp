// Sessions over the API: a lease that holds a key, and what becomes of the key when it does not.
#include "daemon/ledger/sqlite.hpp"
#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

namespace {

struct Fixture : DaemonAndSim {
    std::unique_ptr<LeaseConnection> started(Json* issued = nullptr, const Json& extra = Json::object()) {
        Json request = {{"host", "web.example"}, {"ttl_seconds", 600}};
        request.update(extra);
        auto lease = ephd.session(request);
        const auto first = lease->event();
        REQUIRE(first);
        CHECK(lease->status() == 201);
        CHECK(first->at("event") == "issued");
        if (issued != nullptr) *issued = *first;
        return lease;
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture,
                 "a session has a key that is live while its lease is held, and revoked at once when it closes") {
    Json issued;
    const auto lease = started(&issued);
    const std::string key = issued.at("key").at("id");
    const std::string session = issued.at("session").at("id");
    CHECK(issued.at("key").at("name").get<std::string>().starts_with("eph-web.example-"));
    CHECK(issued.at("session").at("host") == "web.example");
    CHECK(issued.at("session").at("agent") == "pi");
    CHECK(ephd.get("/v1/sessions?active=1").at("sessions").size() == 1);
    CHECK(sim.live_keys() == 1);
    const auto closed = std::chrono::steady_clock::now();
    lease->close();
    sim.wait_for("DELETE service_accounts");
    CHECK(std::chrono::steady_clock::now() - closed < 1s);
    CHECK(ephd.becomes(key, "revoked"));
    CHECK(ephd.key(key).at("reason") == "lease_closed");
    const Json over = ephd.get("/v1/sessions/" + session);
    CHECK(over.at("state") == "over");
    CHECK(over.at("end_reason") == "lease_closed");
    CHECK(over.at("exit_status").is_null());
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(Fixture, "a session that its client ends is confirmed, and its lease hears the end") {
    Json issued;
    const auto lease = started(&issued);
    const std::string session = issued.at("session").at("id");
    const Reply ended =
        ephd.call("DELETE", "/v1/sessions/" + session, {{"reason", "agent_exited"}, {"exit_status", 3}});
    REQUIRE(ended.status == 200);
    CHECK(ended.json().at("confirmed") == true);
    CHECK(ended.json().at("key").at("reason") == "agent_exited");
    CHECK(sim.live_keys() == 0);
    const auto last = lease->event();
    REQUIRE(last);
    CHECK(last->at("event") == "over");
    CHECK(last->at("reason") == "agent_exited");
    CHECK_FALSE(lease->event());
    const Json over = ephd.get("/v1/sessions/" + session);
    CHECK(over.at("end_reason") == "agent_exited");
    CHECK(over.at("exit_status") == 3);
    const Reply again = ephd.call("DELETE", "/v1/sessions/" + session);
    CHECK(again.status == 200);
    CHECK(again.json().at("confirmed") == true);
    CHECK(sim.requests("DELETE").size() == 1);
}

TEST_CASE_METHOD(Fixture, "a session's deadline revokes its key and tells the client") {
    const auto lease = started(nullptr, {{"ttl_seconds", 1}});
    const auto last = lease->event();
    REQUIRE(last);
    CHECK(last->at("event") == "over");
    CHECK(last->at("reason") == "deadline");
    CHECK_FALSE(lease->event());
    sim.wait_for_answered("DELETE service_accounts");
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(Fixture, "revoking a session's key ends the session") {
    Json issued;
    const auto lease = started(&issued);
    CHECK(ephd.call("DELETE", "/v1/keys/" + issued.at("key").at("id").get<std::string>()).status == 200);
    const auto last = lease->event();
    REQUIRE(last);
    CHECK(last->at("event") == "over");
    CHECK(last->at("reason") == "asked");
    CHECK(ephd.get("/v1/sessions/" + issued.at("session").at("id").get<std::string>()).at("state") == "over");
}

TEST_CASE_METHOD(Fixture, "a second connection takes the lease over, and the first can go without harm") {
    Json issued;
    const auto first = started(&issued);
    const std::string session = issued.at("session").at("id");
    const auto second = ephd.lease(session);
    CHECK(second->event()->at("event") == "held");
    CHECK_FALSE(first->event());  // it is told by the end of its stream
    first->close();
    CHECK(ephd.get("/v1/sessions/" + session).at("state") == "active");
    CHECK(sim.live_keys() == 1);
    second->close();
    CHECK(ephd.becomes(issued.at("key").at("id"), "revoked"));
}

TEST_CASE_METHOD(Fixture, "a client that leaves while its key is made leaves no key behind") {
    sim.fault({{"kind", "delay"}, {"delay_ms", 500}, {"match", {{"method", "POST"}}}});
    auto lease = ephd.session({{"host", "web"}});
    sim.wait_for("POST service_accounts");
    lease->close();
    sim.wait_for_answered("DELETE service_accounts");
    CHECK(sim.live_keys() == 0);
    CHECK(sim.state().at("accounts").size() == 1);
    CHECK(ephd.wait_for_key("revoked").at("reason") == "lease_closed");
}

TEST_CASE_METHOD(Fixture, "a session that is stopped while its key is made leaves no key behind") {
    sim.fault({{"kind", "delay"}, {"delay_ms", 1500}, {"match", {{"method", "POST"}}}});
    auto lease = ephd.session({{"host", "web"}});
    sim.wait_for("POST service_accounts");
    const std::string session = ephd.get("/v1/sessions?active=1").at("sessions").at(0).at("id");
    (void)ephd.call("DELETE", "/v1/sessions/" + session);
    sim.wait_for_answered("POST service_accounts");
    sim.wait_for_answered("DELETE service_accounts");
    CHECK(sim.live_keys() == 0);
    CHECK(ephd.wait_for_key("revoked").at("state") == "revoked");
    CHECK(ephd.get("/v1/sessions/" + session).at("state") == "over");
}

TEST_CASE_METHOD(Fixture, "a host that cannot be is refused before a key is made") {
    for (const char* host : {"", "-oProxyCommand=x", "a b", "a\nb", "a\x7f"}) {
        const Json error = ephd.post("/v1/sessions", {{"host", host}}, 400).at("error");
        CHECK_THAT(error.at("message").get<std::string>(), Catch::Matchers::Contains("cannot be a host: it "));
    }
    CHECK(ephd.post("/v1/sessions", {{"host", std::string(256, 'a')}}, 400).at("error").at("code") == "usage");
    CHECK(sim.requests("POST").empty());
}

TEST_CASE_METHOD(Fixture, "a lease of a session that is over or was never there is refused") {
    Json issued;
    const auto lease = started(&issued);
    const std::string session = issued.at("session").at("id");
    (void)ephd.call("DELETE", "/v1/sessions/" + session);
    const Reply over = ephd.call("GET", "/v1/sessions/" + session + "/lease");
    CHECK(over.status == 410);
    CHECK(over.json().at("error").at("message") == "session " + session + " is over: asked");
    const Reply never = ephd.call("GET", "/v1/sessions/nothing/lease");
    CHECK(never.status == 404);
    CHECK(never.json().at("error").at("message") == "there is no session 'nothing'");
    CHECK(never.json().at("error").at("hint") == "eph sessions shows what there is.");
}

TEST_CASE_METHOD(Fixture, "many sessions live and end side by side") {
    std::vector<std::unique_ptr<LeaseConnection>> leases;
    for (int i = 0; i < 30; ++i) leases.push_back(ephd.session({{"host", "web"}}));
    for (const auto& lease : leases) REQUIRE(lease->event());
    CHECK(sim.live_keys() == 30);
    CHECK(ephd.get("/v1/status").at("sessions").size() == 30);
    leases.clear();
    sim.wait_for_answered("DELETE service_accounts", 30);
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(
    Fixture, "a session whose end the ledger cannot take loses its key all the same, and is over as soon as it can") {
    for (const bool closed : {true, false}) {
        INFO(closed);
        Json issued;
        auto lease = started(&issued);
        const std::string session = issued.at("session").at("id");
        eph::Database ledger{home.ledger().string()};
        ledger.execute("CREATE TRIGGER broken BEFORE UPDATE ON keys BEGIN SELECT RAISE(ABORT, 'no disk'); END");
        if (closed) {
            lease->close();
        } else {
            CHECK(ephd.call("DELETE", "/v1/sessions/" + session).json().at("confirmed") == true);
        }
        ephd.program().wait_for_err("session " + session + " is over (" + (closed ? "lease_closed" : "asked") +
                                    "), which cannot be recorded yet");
        CHECK(eventually([&] { return sim.live_keys() == 0; }));
        CHECK(ephd.get("/v1/sessions/" + session).at("state") == "active");
        ledger.execute("DROP TRIGGER broken");
        CHECK(ephd.becomes(issued.at("key").at("id"), "revoked"));
        CHECK(eventually([&] { return ephd.get("/v1/sessions/" + session).at("state") == "over"; }));
        CHECK(ephd.get("/v1/sessions/" + session).at("end_reason") == (closed ? "lease_closed" : "asked"));
    }
}

TEST_CASE_METHOD(Fixture, "a session can be stopped whatever the variables of the shell hold") {
    Json issued;
    const auto lease = started(&issued);
    const Reply reply =
        ephd.call("DELETE", "/v1/sessions/" + issued.at("session").at("id").get<std::string>(), nullptr,
                  {{"Eph-Admin-Key", admin_key}, {"Eph-Project-Id", "my project"}, {"Eph-Base-Url", "nowhere"}});
    INFO(reply.text);
    CHECK(reply.status == 200);
    CHECK(sim.live_keys() == 0);
}
