// Several providers at once: what one of them does is no harm to keys at another.
#include <map>

#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

namespace {

Variables at(const Sim& sim) {
    return {{"Eph-Admin-Key", admin_key}, {"Eph-Project-Id", project}, {"Eph-Base-Url", sim.base_url()}};
}

Json every(const char* method, Json fault) {
    fault["match"] = {{"method", method}};
    fault["times"] = -1;
    return fault;
}

struct Fixture {
    Sim stuck, good;
    TempHome home;
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a provider that answers no revocation keeps ephd from none elsewhere") {
    stuck.seed("eph-old-20260101T000000Z-exp-20260101T020000Z-{n}", 20);
    stuck.fault(every("DELETE", {{"kind", "hang"}}));
    Daemon ephd{home, stuck};
    stuck.wait_for("DELETE service_accounts", 16);
    for (int i = 0; i < 5; ++i) {
        const std::string id = ephd.post("/v1/keys", Json::object(), 201, at(good)).at("key").at("id");
        CHECK(ephd.call("DELETE", "/v1/keys/" + id, nullptr, at(good)).status == 200);
    }
    CHECK(good.live_keys() == 0);
    CHECK(stuck.requests("DELETE service_accounts").size() == 16);
    std::map<std::string, int> said;
    const Json status = ephd.get("/v1/status");
    for (const Json& key : status.at("keys")) ++said[key.at("last_error")];
    CHECK(said["it waits for its turn"] == 4);
    CHECK(said["the provider has not answered yet"] == 16);
}

TEST_CASE_METHOD(Fixture, "a list that does not come keeps no other from being read, nor cleaned up after") {
    stuck.fault(every("GET", {{"kind", "hang"}}));
    Daemon ephd{home, stuck};
    HttpConnection waits{home.socket()};
    waits.request("POST", "/v1/cleanup", "{}", at(stuck));
    stuck.wait_for("GET service_accounts", 2);
    const Json key = ephd.post("/v1/keys", Json::object(), 201, at(good)).at("key");
    good.wait_for_answered("GET /users");  // the comparison
    good.seed("eph-old-20260101T000000Z-exp-20260101T020000Z-a1b2c3");
    const Json cleaned = ephd.post("/v1/cleanup", Json::object(), 200, at(good));
    CHECK(cleaned.at("revoked") == 1);
    CHECK(cleaned.at("left") == 1);
    CHECK(ephd.get("/v1/cleanup").at("running") == true);
}

TEST_CASE_METHOD(Fixture, "one cleanup of all accounts asks their places side by side") {
    Daemon ephd{home, stuck};
    stuck.wait_for_answered("GET /users");
    (void)ephd.post("/v1/keys", Json::object(), 201, at(good));
    good.wait_for_answered("GET /users");
    stuck.fault(every("GET", {{"kind", "hang"}}));
    good.seed("eph-old-20260101T000000Z-exp-20260101T020000Z-a1b2c3");
    HttpConnection cleanup{home.socket()};
    cleanup.request("POST", "/v1/cleanup", "{}");
    stuck.wait_for("GET service_accounts", 2);
    good.wait_for_answered("DELETE service_accounts");
    CHECK(good.live_keys() == 1);
    CHECK(ephd.get("/v1/cleanup").at("running") == true);
}

TEST_CASE_METHOD(Fixture, "what a cleanup says of its accounts is in their order, whichever answers first") {
    Sim third;
    Daemon ephd{home, stuck};
    stuck.wait_for_answered("GET /users");
    for (const Sim* sim : {&good, &third}) (void)ephd.post("/v1/keys", Json::object(), 201, at(*sim));
    for (Sim* sim : {&good, &third}) sim->wait_for_answered("GET /users");
    const auto refuses = [](int status, int delay_ms) {
        return every("GET", {{"kind", "status"}, {"status", status}, {"delay_ms", delay_ms}});
    };
    stuck.fault(refuses(500, 600));
    good.fault(refuses(501, 300));
    third.fault(refuses(502, 0));
    const Json notes = ephd.post("/v1/cleanup", Json::object(), 200).at("notes");
    REQUIRE(notes.size() == 3);
    for (std::size_t i = 0; i < notes.size(); ++i)
        CHECK_THAT(notes[i].get<std::string>(), Catch::Matchers::Contains("status 50" + std::to_string(i)));
    CHECK(ephd.post("/v1/cleanup", {{"dry_run", true}}, 200).at("notes") == notes);
}

TEST_CASE_METHOD(Fixture, "a list that has the name of another place's key deletes nothing there") {
    Daemon ephd{home, good};
    const Json key = ephd.create_key().at("key");
    CHECK(ephd.call("DELETE", "/v1/keys/" + key.at("id").get<std::string>()).status == 200);
    good.control("DELETE", "/_sim/requests");
    stuck.seed(key.at("name"));
    for (const char* order : {"{}", R"({"all": true})"}) {
        HttpConnection connection{home.socket()};
        connection.request("POST", "/v1/cleanup", order, at(stuck));
        CHECK(connection.reply().json().at("revoked") == 0);
    }
    const std::string listed = stuck.state().at("accounts").at(0).at("id");
    const Reply refused = ephd.call("DELETE", "/v1/keys/" + listed, nullptr, at(stuck));
    CHECK(refused.status == 403);
    CHECK(refused.json().at("error").at("message").get<std::string>().find(" lists the name of key ") !=
          std::string::npos);
    CHECK(good.requests("DELETE").empty());
    CHECK(ephd.key(key.at("id")).at("state") == "revoked");
    CHECK(stuck.live_keys() == 1);
}
