// Keys without a session: made, listed, found, revoked, over.
#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

namespace {

using Fixture = DaemonAndSim;

}  // namespace

TEST_CASE_METHOD(Fixture, "a key is made, works, is listed and revoked, and ledger and provider agree") {
    const Json issued = ephd.create_key({{"label", "Build Bot"}, {"ttl_seconds", 600}});
    const std::string id = issued.at("key").at("id");
    const std::string name = issued.at("key").at("name");
    CHECK(issued.at("secret").get<std::string>().starts_with("sk-"));
    CHECK(issued.at("base_url") == sim.base_url());
    CHECK(name.starts_with("eph-build-bot-"));
    CHECK(sim.has(name));
    CHECK(ephd.key(id).at("state") == "live");
    CHECK(ephd.get("/v1/keys").at("keys").size() == 1);

    const Reply revoked = ephd.call("DELETE", "/v1/keys/" + id.substr(0, 4));
    REQUIRE(revoked.status == 200);
    CHECK(revoked.json().at("confirmed") == true);
    CHECK(revoked.json().at("key").at("state") == "revoked");
    CHECK(revoked.json().at("key").at("reason") == "asked");
    CHECK_FALSE(sim.has(name));
    CHECK(sim.live_keys() == 0);
    CHECK(ephd.get("/v1/keys").at("keys").empty());
    CHECK(ephd.get("/v1/keys?all=1").at("keys").size() == 1);
}

TEST_CASE_METHOD(Fixture, "making and revoking a key are one request each") {
    sim.wait_for_answered("GET /users");  // the comparison at the start
    sim.control("DELETE", "/_sim/requests");
    const std::string id = ephd.create_key().at("key").at("id");
    CHECK(ephd.call("DELETE", "/v1/keys/" + id).status == 200);
    const Json requests = sim.requests();
    REQUIRE(requests.size() == 2);
    CHECK(requests[0].at("method") == "POST");
    CHECK(requests[1].at("method") == "DELETE");
    for (const Json& each : requests) CHECK(each.at("credential") == "admin");
}

TEST_CASE_METHOD(Fixture, "the provider is given the same deadline and a minute") {
    (void)ephd.create_key({{"ttl_seconds", 600}});
    const Json request = sim.requests("POST service_accounts").at(0);
    CHECK(request.at("body").at("expires_in_seconds") == 660);
    CHECK(request.at("path") == std::string{"/v1/organization/projects/"} + project + "/service_accounts");
}

TEST_CASE_METHOD(Fixture, "a key is revoked within a second of its deadline though no client is there") {
    const std::string id = ephd.create_key({{"ttl_seconds", 2}}).at("key").at("id");
    sim.wait_for("DELETE service_accounts");
    const auto made = sim.requests("POST service_accounts").at(0).at("arrived_ms").get<std::int64_t>();
    const auto gone = sim.requests("DELETE service_accounts").at(0).at("arrived_ms").get<std::int64_t>();
    CHECK(gone - made > 1900);
    CHECK(gone - made < 3000);
    CHECK(ephd.becomes(id, "revoked"));
    CHECK(ephd.key(id).at("reason") == "deadline");
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(Fixture, "of many keys each is revoked at its own deadline") {
    for (int i = 0; i < 40; ++i) (void)ephd.create_key({{"ttl_seconds", 1 + i % 2}});
    sim.wait_for_answered("DELETE service_accounts", 40);
    CHECK(sim.live_keys() == 0);
    CHECK(sim.requests("DELETE service_accounts").size() == 40);
}

TEST_CASE_METHOD(Fixture, "a key is revoked by any of its names, and twice does no harm") {
    for (const char* field : {"id", "name", "service_account_id", "api_key_id"}) {
        const Json key = ephd.create_key().at("key");
        INFO(field);
        CHECK(ephd.call("DELETE", "/v1/keys/" + key.at(field).get<std::string>()).status == 200);
        const Reply again = ephd.call("DELETE", "/v1/keys/" + key.at("id").get<std::string>());
        CHECK(again.status == 200);
        CHECK(again.json().at("confirmed") == true);
    }
    CHECK(sim.live_keys() == 0);
    CHECK(sim.requests("DELETE").size() == 4);
}

TEST_CASE_METHOD(Fixture, "a key that nobody knows is named") {
    for (const char* method : {"GET", "DELETE"}) {
        const Reply reply = ephd.call(method, "/v1/keys/nothing");
        CHECK(reply.status == 404);
        CHECK(reply.json().at("error").at("message") == "there is no key 'nothing'");
    }
}

TEST_CASE_METHOD(Fixture,
                 "another machine's key can be listed and revoked by its name, and a stranger's account cannot") {
    const std::string theirs = "eph-web-20260615T120000Z-exp-20990615T140000Z-a1b2c3";
    sim.seed(theirs);
    sim.seed("production");
    const Json listed = ephd.get("/v1/keys?source=provider").at("keys");
    REQUIRE(listed.size() == 1);
    CHECK(listed[0].at("name") == theirs);
    CHECK(listed[0].at("foreign") == true);
    CHECK(ephd.call("DELETE", "/v1/keys/" + theirs).status == 200);
    CHECK_FALSE(sim.has(theirs));
    const Reply refused = ephd.call("DELETE", "/v1/keys/production");
    CHECK(refused.status == 403);
    CHECK(refused.json().at("error").at("message") ==
          "'production' is not a key that eph made, so eph leaves it alone");
    CHECK(sim.has("production"));
}

TEST_CASE_METHOD(Fixture, "a TTL that cannot be is refused before the provider is asked") {
    const std::pair<Json, const char*> table[] = {
        {0, "the TTL must be more than zero"},
        {-5, "the TTL must be more than zero"},
        {86401, "a TTL of 1d1s is more than the 1d that are allowed"},
        {INT64_MAX, "a TTL of 3650d is more than the 1d that are allowed"},
        {"2h", "'ttl_seconds' is not what it should be: type must be number, but is string"},
    };
    for (const auto& [ttl, message] : table) {
        INFO(ttl);
        for (const char* path : {"/v1/keys", "/v1/sessions"}) {
            const Json error = ephd.post(path, {{"host", "web"}, {"ttl_seconds", ttl}}, 400).at("error");
            CHECK(error.at("code") == "usage");
            CHECK(error.at("message") == message);
        }
    }
    CHECK(ephd.create_key({{"ttl_seconds", 86400}}).at("key").at("state") == "live");
    CHECK(sim.requests("POST").size() == 1);
    CHECK(ephd.get("/v1/keys?all=1").at("keys").size() == 1);
}

TEST_CASE_METHOD(Fixture, "the trail tells a key's whole life and never its secret") {
    const Json issued = ephd.create_key({{"label", "bot"}});
    (void)ephd.call("DELETE", "/v1/keys/" + issued.at("key").at("id").get<std::string>());
    const Json events = ephd.get("/v1/events").at("events");
    std::vector<std::string> names;
    for (const Json& each : events) names.push_back(each.at("event"));
    CHECK(names == std::vector<std::string>{"creating", "live", "revoking", "revoked"});
    CHECK(events[0].at("actor").get<std::string>().starts_with("uid " + std::to_string(getuid()) + " pid " +
                                                               std::to_string(getpid())));
    CHECK(ephd.get("/v1/events?after=" + std::to_string(events[1].at("seq").get<int>())).at("events").size() == 2);
    const Finished end = ephd.stop();
    for (const std::string& text :
         {read_file(home.ledger()), read_file(home.path("state/eph/ledger.db-wal")), end.out, end.err}) {
        CHECK(text.find(issued.at("secret").get<std::string>()) == std::string::npos);
        CHECK(text.find(admin_key) == std::string::npos);
    }
}
