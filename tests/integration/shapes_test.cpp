// Organisations differ: ids of every shape, lists under other names, policies on expiry, long lists.
#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

namespace {

void lives_and_dies(const std::vector<std::string>& options) {
    INFO(Json(options).dump());
    Sim sim{options};
    TempHome home;
    Daemon ephd{home, sim};
    const Json asked = ephd.create_key({{"label", "asked"}}).at("key");
    CHECK(ephd.call("DELETE", "/v1/keys/" + asked.at("id").get<std::string>()).status == 200);
    CHECK_FALSE(sim.has(asked.at("name")));
    (void)ephd.create_key({{"ttl_seconds", 1}});
    CHECK(eventually([&] { return sim.live_keys() == 0; }));
    (void)ephd.create_key();
    const Json cleaned = ephd.post("/v1/cleanup", {{"all", true}}, 200);
    CHECK(cleaned.at("revoked").get<int>() + cleaned.at("already_gone").get<int>() >= 1);
    CHECK(cleaned.at("pending") == 0);
    CHECK(sim.live_keys() == 0);
}

}  // namespace

TEST_CASE("keys live and die whatever their ids look like") {
    for (const char* shape : {"svc_acct", "user", "uuid", "service_account"}) lives_and_dies({"--id-shape", shape});
}

TEST_CASE("keys die where the list gives other ids than the creation") {
    for (const char* by : {"list", "create", "both"}) lives_and_dies({"--list-id-differs", "--delete-by", by});
}

TEST_CASE("keys die where service accounts are listed among the users") {
    lives_and_dies({"--service-accounts-as-users"});
    lives_and_dies({"--service-accounts-as-users", "--id-shape", "user"});
}

TEST_CASE("where the organisation refuses an expiry, the key is made without, and that is said") {
    Sim sim{{"--no-expires"}};
    TempHome home;
    Daemon ephd{home, sim};
    const Json issued = ephd.create_key();
    CHECK(issued.at("notes") == Json{"this organisation refuses key expiry, so OpenAI will not end the key by itself"});
    CHECK(sim.requests("POST service_accounts").size() == 2);
    CHECK(sim.state().at("accounts").size() == 1);
    auto lease = ephd.session({{"host", "web"}});
    CHECK(lease->event()->at("notes") == issued.at("notes"));
}

TEST_CASE("where the organisation caps the expiry, its own words say how much is allowed") {
    Sim sim{{"--max-expires", "600"}};
    TempHome home;
    Daemon ephd{home, sim};
    CHECK(ephd.create_key({{"ttl_seconds", 540}}).at("notes").empty());
    const Json error = ephd.post("/v1/keys", {{"ttl_seconds", 541}}, 502).at("error");
    CHECK(error.at("code") == "provider_refused");
    CHECK_THAT(error.at("message").get<std::string>(),
               Catch::Matchers::StartsWith("OpenAI's policy for project proj_test does not allow this key: ") &&
                   Catch::Matchers::Contains("600"));
    CHECK(error.at("hint") == "Ask for a shorter --ttl; eph adds a minute to it.");
    CHECK(sim.live_keys() == 1);
    CHECK(ephd.get("/v1/keys").at("keys").size() == 1);
}

TEST_CASE("all pages are read, however many of others come first") {
    Sim sim;
    sim.seed("production", 250);
    sim.seed("eph-old-20260101T000000Z-exp-20260101T020000Z-{n}", 130);
    TempHome home;
    Daemon ephd{home, sim};
    sim.wait_for_answered("DELETE service_accounts", 130, 60s);
    CHECK(sim.live_keys() == 250);
    const Json pages = sim.requests("GET service_accounts");
    INFO(pages.dump(1) << ephd.program().err());
    REQUIRE(pages.size() == 4);
    CHECK(pages[0].at("query") == "limit=100");
    for (int i : {1, 2, 3}) CHECK(pages[i].at("query").get<std::string>().starts_with("limit=100&after="));
}

TEST_CASE("no more than sixteen revocations are in flight at once") {
    Sim sim;
    sim.seed("eph-old-20260101T000000Z-exp-20260101T020000Z-{n}", 60);
    sim.fault({{"kind", "delay"}, {"delay_ms", 300}, {"times", -1}, {"match", {{"method", "DELETE"}}}});
    TempHome home;
    Daemon ephd{home, sim};
    sim.wait_for("DELETE service_accounts", 16);
    CHECK(sim.requests("DELETE service_accounts").size() == 16);
    sim.wait_for_answered("DELETE service_accounts", 60);
    CHECK(sim.live_keys() == 0);
}
