// The ledger held against the provider's list, at the start and for eph cleanup.
#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

namespace {

constexpr const char* expired = "eph-old-20260101T000000Z-exp-20260101T020000Z-a1b2c3";
constexpr const char* not_expired = "eph-new-20260101T000000Z-exp-20990101T020000Z-a1b2c3";

struct Fixture {
    Sim sim;
    TempHome home;
};

}  // namespace

TEST_CASE_METHOD(Fixture, "at its start ephd revokes what other machines left behind, and nothing else") {
    sim.seed(expired);
    sim.seed(not_expired);
    for (const char* name : {"production", "eph-mine", "ephemeral-20260101T000000Z-exp-20260101T020000Z-a",
                             "EPH-old-exp-20260101T020000Z"})
        sim.seed(name);
    Daemon ephd{home, sim};
    sim.wait_for_answered("DELETE service_accounts");
    CHECK_FALSE(sim.has(expired));
    CHECK(sim.live_keys() == 5);
    const Json key = ephd.wait_for_key("revoked");
    CHECK(key.at("name") == expired);
    CHECK(key.at("reason") == "expired");
    const Json events = ephd.get("/v1/events").at("events");
    CHECK(events.at(0).at("event") == "adopted");
    CHECK(events.at(0).at("actor") == "reconcile");
    CHECK(sim.requests("DELETE").size() == 1);
}

TEST_CASE_METHOD(Fixture,
                 "a key that was deleted behind ephd's back is recorded as gone, once the list can be trusted") {
    Daemon ephd{home, sim};
    auto lease = ephd.session({{"host", "web"}});
    const auto issued = lease->event();
    REQUIRE(issued);
    sim.control("POST", "/_sim/delete-account", {{"name", issued->at("key").at("name")}});
    const Json result = ephd.post("/v1/cleanup", Json::object(), 200);
    CHECK(result.at("listed") == 0);
    CHECK(ephd.key(issued->at("key").at("id")).at("state") == "live");  // younger than a minute: a list may lag behind
}

TEST_CASE_METHOD(Fixture, "cleanup revokes what is over and leaves what is not") {
    Daemon ephd{home, sim};
    sim.wait_for_answered("GET /users");
    const Json mine = ephd.create_key().at("key");
    sim.seed(expired);
    sim.seed(not_expired);
    sim.seed("production");
    const Json result = ephd.post("/v1/cleanup", Json::object(), 200);
    CHECK(result.at("listed") == 3);
    CHECK(result.at("revoked") == 1);
    CHECK(result.at("already_gone") == 0);
    CHECK(result.at("left") == 2);
    CHECK(result.at("pending") == 0);
    CHECK(result.at("failed").empty());
    CHECK(sim.has(mine.at("name")));
    CHECK_FALSE(sim.has(expired));
}

TEST_CASE_METHOD(Fixture, "cleanup of all revokes every key of this kind, ends sessions, and its sums add up") {
    Daemon ephd{home, sim};
    sim.wait_for_answered("GET /users");
    (void)ephd.create_key();
    auto lease = ephd.session({{"host", "web"}});
    REQUIRE(lease->event());
    sim.seed(expired);
    sim.seed(not_expired);
    sim.seed("production");
    const Json result = ephd.post("/v1/cleanup", {{"all", true}}, 200);
    CHECK(result.at("listed") == 4);
    CHECK(result.at("revoked") == 4);
    CHECK(result.at("left") == 0);
    CHECK(result.at("pending") == 0);
    CHECK(sim.live_keys() == 1);
    CHECK(sim.has("production"));
    CHECK(lease->event()->at("reason") == "asked");
    const Json again = ephd.post("/v1/cleanup", {{"all", true}}, 200);
    CHECK(again.at("listed") == 0);
    CHECK(again.at("revoked") == 0);
    CHECK(again.at("already_gone") == 0);
}

TEST_CASE_METHOD(Fixture, "what cleanup cannot revoke yet is told and tried again") {
    Daemon ephd{home, sim};
    sim.wait_for_answered("GET /users");
    for (int i = 0; i < 3; ++i) (void)ephd.create_key();
    sim.fault({{"kind", "status"}, {"status", 500}, {"match", {{"method", "DELETE"}}}});
    const Json result = ephd.post("/v1/cleanup", {{"all", true}}, 200);
    CHECK(result.at("listed") == 3);
    CHECK(result.at("revoked") == 2);
    CHECK(result.at("pending") == 1);
    REQUIRE(result.at("failed").size() == 1);
    CHECK_THAT(result.at("failed")[0].at("last_error").get<std::string>(), Catch::Matchers::Contains("status 500"));
    CHECK(eventually([&] { return sim.live_keys() == 0; }));
}

TEST_CASE_METHOD(Fixture, "a key that is recorded as revoked and yet listed is revoked again") {
    Daemon ephd{home, sim};
    sim.wait_for_answered("GET /users");
    const Json key = ephd.create_key().at("key");
    CHECK(ephd.call("DELETE", "/v1/keys/" + key.at("id").get<std::string>()).status == 200);
    sim.seed(key.at("name"));  // a provider that forgot its own deletion
    const Json result = ephd.post("/v1/cleanup", Json::object(), 200);
    CHECK(result.at("listed") == 1);
    CHECK(result.at("revoked") == 1);
    CHECK_FALSE(sim.has(key.at("name")));
}

TEST_CASE_METHOD(Fixture, "several accounts of one name all go") {
    for (int i = 0; i < 3; ++i) sim.seed(expired);
    Daemon ephd{home, sim};
    CHECK(eventually([&] { return sim.live_keys() == 0; }));
    CHECK(ephd.wait_for_key("revoked").at("name") == expired);
}

TEST_CASE_METHOD(Fixture, "the same project over another base URL is no reason to stumble") {
    Daemon ephd{home, sim};
    sim.wait_for_answered("GET /users");
    (void)ephd.create_key();
    const Variables by_name{{"Eph-Admin-Key", admin_key},
                            {"Eph-Base-Url", "http://localhost:" + std::to_string(sim.port()) + "/v1"}};
    const Json result = ephd.post("/v1/cleanup", {{"all", true}}, 200, by_name);
    CHECK(result.at("listed") == 1);
    CHECK(result.at("revoked") == 1);
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(Fixture,
                 "what a list shows is revoked with the account that read it, whatever else needs it no more") {
    Daemon ephd{home};
    const Variables mine{{"Eph-Admin-Key", admin_key}, {"Eph-Project-Id", project}, {"Eph-Base-Url", sim.base_url()}};
    const Json key = ephd.post("/v1/keys", Json::object(), 201, mine).at("key");
    sim.wait_for_answered("GET /users");
    sim.seed(expired);
    sim.fault({{"kind", "delay"}, {"delay_ms", 700}, {"match", {{"method", "GET"}, {"path_contains", "users"}}}});
    HttpConnection cleanup{home.socket()};
    cleanup.request("POST", "/v1/cleanup", "{}", mine);
    sim.wait_for("GET /users", 2);
    CHECK(ephd.call("DELETE", "/v1/keys/" + key.at("id").get<std::string>()).status == 200);
    CHECK(cleanup.reply().json().at("revoked") == 1);
    CHECK_FALSE(sim.has(expired));
}

// The provider takes no id but that of its list.
TEST_CASE("a key that a page hides which shifted while it was read is not taken for gone") {
    Sim sim{{"--list-id-differs", "--delete-by", "list"}};
    TempHome home;
    sim.seed("team-{n}", 100);
    Daemon ephd{home, sim};
    sim.wait_for_answered("GET /users");
    const Json key = ephd.create_key().at("key");
    sim.fault({{"kind", "shift"}, {"items", 100}, {"match", {{"path_contains", "after="}}}});
    CHECK(ephd.call("DELETE", "/v1/keys/" + key.at("id").get<std::string>()).status == 200);
    CHECK_FALSE(sim.has(key.at("name")));
}

TEST_CASE_METHOD(Fixture, "an id that the list knows as somebody else's account is not deleted") {
    sim.seed("production");
    Daemon ephd{home, sim};
    sim.wait_for_answered("GET /users");
    sim.fault({{"kind", "other_id"}, {"match", {{"method", "POST"}}}});
    const Json key = ephd.create_key().at("key");
    CHECK(ephd.call("DELETE", "/v1/keys/" + key.at("id").get<std::string>()).status == 200);
    CHECK(sim.has("production"));
    CHECK_FALSE(sim.has(key.at("name")));
}

TEST_CASE_METHOD(Fixture, "a list that cannot be read stops nothing else") {
    sim.fault({{"kind", "garbage"}, {"times", -1}, {"match", {{"method", "GET"}}}});
    Daemon ephd{home, sim};
    const std::string id = ephd.create_key().at("key").at("id");
    CHECK(ephd.call("DELETE", "/v1/keys/" + id).status == 200);
    const Json error = ephd.post("/v1/cleanup", Json::object(), 502).at("error");
    CHECK(error.at("message") == "OpenAI's answer cannot be read: it is not a JSON object");
    CHECK(ephd.program().err().find("cannot compare the ledger with project proj_test") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "a list that never ends is given up") {
    sim.fault({{"kind", "status"},
               {"status", 200},
               {"times", -1},
               {"match", {{"method", "GET"}}},
               {"body", R"({"object": "list", "data": [], "has_more": true, "first_id": null, "last_id": null})"}});
    Daemon ephd{home, sim};
    CHECK(ephd.post("/v1/cleanup", Json::object(), 502).at("error").at("message") ==
          "OpenAI's list of service accounts has more pages but does not say where they begin");
}
