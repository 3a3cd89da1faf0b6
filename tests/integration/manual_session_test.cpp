// Sessions with a key of the person's own: no account, no provider, else like any other.
#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

namespace {

struct Fixture {
    TempHome home;
    Daemon ephd{home};  // without an account

    std::unique_ptr<LeaseConnection> started(int ttl = 600) {
        auto lease =
            ephd.session({{"host", "web"}, {"provider", "anthropic"}, {"credential", "manual"}, {"ttl_seconds", ttl}});
        const auto first = lease->event();
        REQUIRE(first);
        CHECK(lease->status() == 201);
        issued = *first;
        session = issued.at("session").at("id");
        return lease;
    }
    Json now() { return ephd.get("/v1/sessions/" + session); }

    Json issued;
    std::string session;
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a session without a key needs no account and gives no secret") {
    const auto lease = started();
    CHECK(issued.at("event") == "issued");
    CHECK(issued.at("secret") == "");
    CHECK(issued.at("key").at("id") == "");
    CHECK(issued.at("session").at("credential") == "manual");
    CHECK(issued.at("session").at("provider") == "anthropic");
    CHECK(issued.at("session").at("key") == "");
    CHECK(ephd.get("/v1/status").at("sessions").size() == 1);
    CHECK(ephd.get("/v1/keys?all=1").at("keys").empty());
    const Json last = ephd.get("/v1/events?last=1").at("events").at(0);
    CHECK(last.at("event") == "session_started");
    CHECK(last.at("host") == "web");
}

TEST_CASE_METHOD(Fixture, "a session without a key is over when its lease closes") {
    started()->close();
    CHECK(eventually([&] { return now().at("state") == "over"; }));
    CHECK(now().at("end_reason") == "lease_closed");
}

TEST_CASE_METHOD(Fixture, "a session without a key ends at its deadline") {
    const auto lease = started(1);
    const auto last = lease->event();
    REQUIRE(last);
    CHECK(last->at("event") == "over");
    CHECK(last->at("reason") == "deadline");
    CHECK_FALSE(lease->event());
    CHECK(now().at("end_reason") == "deadline");
}

TEST_CASE_METHOD(Fixture, "a session without a key is stopped, and there is nothing to confirm") {
    const auto lease = started();
    const Reply stopped =
        ephd.call("DELETE", "/v1/sessions/" + session, {{"reason", "agent_exited"}, {"exit_status", 7}});
    CHECK(stopped.status == 200);
    CHECK(stopped.json().at("confirmed") == true);
    CHECK(stopped.json().at("key").at("id") == "");
    CHECK(lease->event()->at("reason") == "agent_exited");
    CHECK(now().at("exit_status") == 7);
    CHECK(ephd.call("DELETE", "/v1/sessions/" + session).status == 200);
}

TEST_CASE_METHOD(Fixture, "a session without a key outlives a restart of ephd, and its deadline too") {
    const auto lease = started(4);
    ephd.kill9();
    ephd.start();
    const auto again = ephd.lease(session);
    CHECK(again->event()->at("event") == "held");
    const auto over = again->event();
    REQUIRE(over);
    CHECK(over->at("reason") == "deadline");
}

TEST_CASE_METHOD(Fixture, "a session without a key is extended in the ledger alone") {
    const auto lease = started(600);
    const Json extended = ephd.post("/v1/sessions/" + session + "/extend", {{"seconds", 600}}, 200);
    CHECK(extended.at("expires_at") == issued.at("session").at("expires_at").get<std::int64_t>() + 600);
    CHECK(lease->event()->at("event") == "extended");
    CHECK(ephd.post("/v1/sessions/" + session + "/extend", {{"seconds", 86400}}, 400).at("error").at("code") ==
          "usage");
}

TEST_CASE_METHOD(Fixture, "a client's own account is of no concern to a session without a key") {
    const Variables account{{"Eph-Admin-Key", admin_key}, {"Eph-Project-Id", "not a project"}};
    const auto lease = ephd.session({{"host", "web"}, {"provider", "x-1"}, {"credential", "manual"}}, account);
    const auto first = lease->event();
    REQUIRE(first);
    const std::string id = first->at("session").at("id");
    CHECK(ephd.call("POST", "/v1/sessions/" + id + "/extend", {{"seconds", 60}}, account).status == 200);
    CHECK(ephd.call("DELETE", "/v1/sessions/" + id, nullptr, account).status == 200);
}

TEST_CASE_METHOD(Fixture, "what cannot be a provider's name or a credential is refused") {
    for (const char* provider : {"", "Open AI", "../x", "a/b"}) {
        INFO(provider);
        CHECK(ephd.post("/v1/sessions", {{"host", "web"}, {"provider", provider}, {"credential", "manual"}}, 400)
                  .at("error")
                  .at("code") == "usage");
    }
    CHECK(ephd.post("/v1/sessions", {{"host", "web"}, {"credential", "none"}}, 400).at("error").at("message") ==
          "'none' is not a kind of credential");
}

TEST_CASE_METHOD(Fixture, "eph status, sessions and stop know sessions without a key") {
    const auto lease = started();
    const auto eph = [&](std::vector<std::string> words) {
        words.insert(words.begin(), EPH);
        return Program{words, home.variables}.wait();
    };
    CHECK(eph({"status"}).out.find("manual") != std::string::npos);
    CHECK(eph({"status"}).out.find(session) != std::string::npos);
    CHECK(eph({"sessions"}).out.find("manual") != std::string::npos);
    const Finished stopped = eph({"stop", session});
    CHECK(stopped.status == 0);
    CHECK(stopped.err == "eph: session " + session + " is over\n");
}
