// A provider that answers late, wrongly or not at all.
#include <ctime>

#include "tests/integration/support/faulty_provider.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

TEST_CASE_METHOD(FaultyProvider, "a creation that took effect though its answer was lost is revoked by its name") {
    for (const char* kind : {"reset_after", "close_after_headers", "truncate"}) {
        INFO(kind);
        sim.fault(on("POST", {{"kind", kind}, {"effect", true}}));
        const Json error = refused();
        CHECK(error.at("code") == "provider_unreachable");
        CHECK(error.at("message").get<std::string>().starts_with("the connection to " + authority() + " broke"));
        CHECK(ephd.get("/v1/keys?all=1").at("keys").at(0).at("reason") == "answer_lost");
    }
    CHECK(sim.state().at("accounts").size() == 3);
}

TEST_CASE_METHOD(FaultyProvider, "a creation that is answered with nonsense is revoked by its name") {
    for (const char* kind : {"garbage", "empty"}) {
        INFO(kind);
        sim.fault(on("POST", {{"kind", kind}, {"effect", true}}));
        const Json error = refused();
        CHECK(error.at("code") == "provider_unreadable");
        CHECK(error.at("message") == "OpenAI's answer cannot be read: it is not a JSON object");
    }
    sim.fault(on(
        "POST",
        {{"kind", "status"}, {"status", 200}, {"effect", true}, {"body", R"({"id": "svc_acct_1", "api_key": null})"}}));
    CHECK(refused().at("message") == "OpenAI's answer cannot be read: 'api_key' is missing");
    CHECK(sim.state().at("accounts").size() == 3);
}

TEST_CASE_METHOD(FaultyProvider, "a creation that failed with 500 is looked for, as it may have taken effect") {
    sim.fault(on("POST", {{"kind", "status"}, {"status", 500}, {"effect", true}}));
    const Json error = refused();
    CHECK(error.at("code") == "provider_refused");
    CHECK(error.at("message").get<std::string>().starts_with("OpenAI could not create a key in project proj_test: "));
    CHECK(sim.state().at("accounts").size() == 1);
}

TEST_CASE_METHOD(FaultyProvider, "a clear refusal is handed on, and nothing is looked for") {
    sim.wait_for_answered("GET /users");
    sim.control("DELETE", "/_sim/requests");
    sim.fault(on("POST", {{"kind", "status"},
                          {"status", 403},
                          {"body", R"({"error": {"message": "Missing scopes: api.management.read"}})"}}));
    const Json error = refused();
    CHECK(error.at("code") == "provider_denied");
    CHECK(error.at("message") ==
          "OpenAI refused to create a key in project proj_test: Missing scopes: api.management.read (status 403)");
    CHECK(error.at("hint") ==
          "The admin key needs permission to manage service accounts; check it with: eph auth doctor --live");
    CHECK(sim.requests().size() == 1);
    CHECK(ephd.get("/v1/keys").at("keys").empty());
}

TEST_CASE_METHOD(FaultyProvider, "a provider that asks to wait a little before a creation is asked again") {
    sim.fault(on("POST", {{"kind", "status"}, {"status", 429}, {"headers", {{"Retry-After", "1"}}}}));
    CHECK(ephd.create_key().at("key").at("state") == "live");
    const Json requests = sim.requests("POST service_accounts");
    REQUIRE(requests.size() == 2);
    CHECK(requests[1].at("arrived_ms").get<std::int64_t>() - requests[0].at("arrived_ms").get<std::int64_t>() >= 1000);
}

TEST_CASE_METHOD(FaultyProvider, "a provider that asks to wait for long is not waited for") {
    sim.fault(on("POST", {{"kind", "status"}, {"status", 429}, {"headers", {{"Retry-After", "600"}}}}));
    CHECK(refused().at("hint") == "Try again in a minute.");
    CHECK(sim.requests("POST service_accounts").size() == 1);
}

TEST_CASE_METHOD(FaultyProvider, "a revocation is tried until the provider confirms it") {
    const std::string id = ephd.create_key().at("key").at("id");
    for (const Json& fault :
         {Json{{"kind", "status"}, {"status", 500}}, Json{{"kind", "reset_before"}}, Json{{"kind", "garbage"}}})
        sim.fault(on("DELETE", fault));
    const Reply asked = ephd.call("DELETE", "/v1/keys/" + id);
    CHECK(asked.status == 202);
    CHECK(asked.json().at("confirmed") == false);
    CHECK(asked.json().at("key").at("state") == "revoking");
    CHECK(asked.json().at("key").at("attempts") == 1);
    CHECK_FALSE(asked.json().at("key").at("last_error").get<std::string>().empty());
    CHECK(ephd.get("/v1/status").at("keys").at(0).at("next_attempt_at").is_number());
    sim.wait_for_answered("DELETE service_accounts", 2);
    CHECK(ephd.becomes(id, "revoked"));
    CHECK(ephd.key(id).at("attempts") == 3);
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(FaultyProvider, "a deletion that took effect unheard is settled by asking again") {
    const std::string id = ephd.create_key().at("key").at("id");
    sim.fault(on("DELETE", {{"kind", "reset_after"}}));
    CHECK(ephd.call("DELETE", "/v1/keys/" + id).status == 202);
    CHECK(ephd.becomes(id, "revoked"));
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(FaultyProvider, "a provider that asks for time before a revocation gets it, for its whole project") {
    std::vector<std::string> ids;
    for (int i = 0; i < 3; ++i) ids.push_back(ephd.create_key().at("key").at("id"));
    sim.fault(on("DELETE", {{"kind", "status"}, {"status", 429}, {"headers", {{"Retry-After", "3"}}}}));
    CHECK(ephd.call("DELETE", "/v1/keys/" + ids[0]).status == 202);
    HttpConnection impatient{home.socket()};
    impatient.request("DELETE", "/v1/keys/" + ids[1]);
    for (const std::string& id : {ids[0], ids[1]}) CHECK(ephd.becomes(id, "revoked"));
    const Json requests = sim.requests("DELETE service_accounts");
    REQUIRE(requests.size() == 3);
    for (int i : {1, 2})
        CHECK(requests[i].at("arrived_ms").get<std::int64_t>() - requests[0].at("arrived_ms").get<std::int64_t>() >=
              3000);
    CHECK(ephd.call("DELETE", "/v1/keys/" + ids[2]).status == 200);  // and then it is over
}

TEST_CASE_METHOD(FaultyProvider, "asking again for a revocation that waits hurries it") {
    const std::string id = ephd.create_key().at("key").at("id");
    sim.fault(on("DELETE", {{"kind", "status"}, {"status", 500}, {"times", 4}}));
    for (int i = 0; i < 4; ++i) CHECK(ephd.call("DELETE", "/v1/keys/" + id).status == 202);
    const auto began = std::chrono::steady_clock::now();
    CHECK(ephd.call("DELETE", "/v1/keys/" + id).status == 200);
    CHECK(std::chrono::steady_clock::now() - began < 1s);
}

TEST_CASE("one provider that asks for time does not keep ephd from another") {
    Sim busy, other;
    TempHome home;
    Daemon ephd{home, busy};
    const Variables at_other{{"Eph-Admin-Key", admin_key}, {"Eph-Base-Url", other.base_url()}};
    for (int i = 0; i < 25; ++i) (void)ephd.create_key();
    busy.fault({{"kind", "status"},
                {"status", 429},
                {"times", -1},
                {"headers", {{"Retry-After", "60"}}},
                {"match", {{"method", "DELETE"}}}});
    HttpConnection cleanup{home.socket()};
    cleanup.request("POST", "/v1/cleanup", R"({"all": true})");
    busy.wait_for_answered("DELETE service_accounts");
    const Json key = ephd.post("/v1/keys", {{"ttl_seconds", 2}}, 201, at_other).at("key");
    other.wait_for_answered("DELETE service_accounts", 1, 4s);
    CHECK(other.live_keys() == 0);
    CHECK(busy.live_keys() == 25);
    const Json waiting = ephd.get("/v1/keys").at("keys");
    CHECK(waiting.size() == 25);
    CHECK(busy.requests("DELETE").size() <= 16);
}

TEST_CASE("the wrong admin key is told with its fingerprint, never itself") {
    Sim sim;
    TempHome home;
    Variables account = Daemon::account(sim);
    account["OPENAI_ADMIN_KEY"] = "sk-admin-wrong";
    Daemon ephd{home, account};
    const Json error = ephd.post("/v1/keys", Json::object(), 502).at("error");
    CHECK(error.at("code") == "provider_denied");
    CHECK_THAT(error.at("message").get<std::string>(),
               Catch::Matchers::StartsWith(
                   "OpenAI does not accept the admin key 7f89353a0fd2: Incorrect API key provided. (status 401)"));
    CHECK(error.at("message").get<std::string>().find("sk-admin-wrong") == std::string::npos);
    CHECK(error.at("hint") ==
          "Make a new admin key at platform.openai.com/settings/organization/admin-keys and run: eph auth setup");
}

TEST_CASE("a key is revoked with the account that works, whatever account was loaded before it") {
    Sim sim;
    TempHome home;
    Daemon ephd{home};
    const Variables wrong{
        {"Eph-Admin-Key", "sk-admin-old"}, {"Eph-Project-Id", project}, {"Eph-Base-Url", sim.base_url()}};
    Variables right = wrong;
    right["Eph-Admin-Key"] = admin_key;
    CHECK(ephd.call("POST", "/v1/keys", Json::object(), wrong).status == 502);
    const Json key = ephd.post("/v1/keys", Json::object(), 201, right).at("key");
    CHECK(ephd.call("DELETE", "/v1/keys/" + key.at("id").get<std::string>()).status == 200);
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(FaultyProvider,
                 "a provider that asks for a day is asked again when a person asks, and soon in any case") {
    const std::string one = ephd.create_key().at("key").at("id"), two = ephd.create_key().at("key").at("id"),
                      three = ephd.create_key().at("key").at("id");
    sim.fault(
        on("DELETE", {{"kind", "status"}, {"status", 429}, {"times", 2}, {"headers", {{"Retry-After", "86400"}}}}));
    const auto began = std::time(nullptr);
    CHECK(ephd.call("DELETE", "/v1/keys/" + one).status == 202);
    CHECK(ephd.key(one).at("next_attempt_at").get<std::int64_t>() <= began + 610);
    CHECK(ephd.call("DELETE", "/v1/keys/" + two).status == 202);  // asked, and told the same
    CHECK(ephd.call("DELETE", "/v1/keys/" + three).status == 200);
    const Json cleaned = ephd.post("/v1/cleanup", Json::object(), 200);
    CHECK(cleaned.at("revoked") == 2);
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(FaultyProvider,
                 "what waits for a provider that asked for time says so, and a cleanup does not wait for it") {
    for (int i = 0; i < 20; ++i) (void)ephd.create_key();
    sim.fault(
        on("DELETE", {{"kind", "status"}, {"status", 429}, {"times", -1}, {"headers", {{"Retry-After", "600"}}}}));
    const Json cleaned = ephd.post("/v1/cleanup", {{"all", true}}, 200);
    CHECK(cleaned.at("pending") == 20);
    const auto began = std::time(nullptr);
    int waiting = 0;
    const Json status = ephd.get("/v1/status");
    for (const Json& key : status.at("keys")) {
        CHECK(key.at("next_attempt_at").get<std::int64_t>() > began + 500);
        CHECK_FALSE(key.at("last_error").get<std::string>().empty());
        waiting += key.at("last_error") == "the provider asked to slow down";
    }
    CHECK(waiting == 4);
    sim.clear_faults();
}

TEST_CASE_METHOD(FaultyProvider, "a list that gives more than was asked for, or nothing new, is given up at once") {
    const auto page = [](int items) {
        Json data = Json::array();
        for (int i = 0; i < items; ++i) data.push_back({{"id", "svc_" + std::to_string(i)}, {"name", "team"}});
        return Json{{"data", data}, {"has_more", true}, {"last_id", "svc_" + std::to_string(items)}};
    };
    const std::pair<int, const char*> table[] = {{101, "gives more at once than was asked for"},
                                                 {0, "has more pages but brings nothing new"},
                                                 {3, "has more pages but does not say where they begin"}};
    sim.wait_for_answered("GET /users");
    for (const auto& [items, why] : table) {
        INFO(items);
        sim.clear_faults();
        sim.fault(on("GET", {{"kind", "status"}, {"status", 200}, {"times", -1}, {"body", page(items)}}));
        sim.control("DELETE", "/_sim/requests");
        CHECK(ephd.post("/v1/cleanup", Json::object(), 502).at("error").at("message") ==
              std::string{"OpenAI's list of service accounts "} + why);
        CHECK(sim.requests().size() <= 2);
    }
}
