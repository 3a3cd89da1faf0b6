// Restricted keys: an account without a key, then a key that may do no more than its scopes.
#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;

namespace {

struct Fixture : DaemonAndSim {
    explicit Fixture(std::vector<std::string> options = {}) : DaemonAndSim(std::move(options)) {
        sim.wait_for_answered("GET /users");
    }
    Json scoped(int status = 201) {
        return ephd.post("/v1/keys", {{"ttl_seconds", 600}, {"scopes", {"model.request", "api.responses.write"}}},
                         status);
    }
};
struct WithoutExpiry : Fixture {
    WithoutExpiry() : Fixture({"--no-expires"}) {}
};

const Json second_call = {{"method", "POST"}, {"path_contains", "/api_keys"}};

}  // namespace

TEST_CASE_METHOD(Fixture, "a key with scopes belongs to an account without a role, and may do no more") {
    const Json issued = scoped();
    const Json account = sim.state().at("accounts").at(0);
    CHECK(account.at("role") == "none");
    CHECK(account.at("name") == issued.at("key").at("name"));
    REQUIRE(account.at("keys").size() == 1);
    const Json key = account.at("keys").at(0);
    CHECK(key.at("scopes") == Json{"model.request", "api.responses.write"});
    CHECK(key.at("value") == issued.at("secret"));
    CHECK(key.at("id") == issued.at("key").at("api_key_id"));
    const Json request = sim.requests("POST api_keys").at(0);
    CHECK(request.at("body").at("expires_in_seconds") == 660);
    CHECK(request.at("body").at("name") == issued.at("key").at("name"));
    CHECK(ephd.call("DELETE", "/v1/keys/" + issued.at("key").at("id").get<std::string>()).status == 200);
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(Fixture, "when the key of an account is refused, the account goes") {
    sim.fault({{"kind", "status"},
               {"status", 400},
               {"match", second_call},
               {"body", R"({"error": {"message": "Unknown scope: model.request"}})"}});
    const Json error = scoped(502).at("error");
    CHECK(error.at("message") ==
          "OpenAI could not create a restricted key in project proj_test: Unknown scope: model.request (status 400)");
    sim.wait_for_answered("DELETE service_accounts");
    CHECK(sim.state().at("live_accounts") == 0);
    CHECK(ephd.wait_for_key("revoked").at("reason") == "answer_lost");
}

TEST_CASE_METHOD(Fixture, "when the answer about the key is lost, account and key go") {
    for (const char* kind : {"reset_after", "garbage", "empty", "truncate"}) {
        INFO(kind);
        sim.fault({{"kind", kind}, {"effect", true}, {"match", second_call}});
        (void)scoped(502);
        CHECK(eventually([&] { return sim.state().at("live_accounts") == 0; }));
    }
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(Fixture, "when ephd is killed between the two calls, the account goes") {
    sim.fault({{"kind", "hang"}, {"match", second_call}});
    HttpConnection asked{home.socket()};
    asked.request("POST", "/v1/keys", R"({"scopes": ["model.request"]})");
    sim.wait_for("POST api_keys");
    ephd.kill9();
    CHECK(sim.state().at("live_accounts") == 1);
    ephd.start();
    sim.wait_for_answered("DELETE service_accounts");
    CHECK(sim.state().at("live_accounts") == 0);
}

TEST_CASE_METHOD(Fixture, "an account that was refused needs no looking for") {
    sim.fault({{"kind", "status"}, {"status", 403}, {"match", {{"method", "POST"}}}});
    CHECK(scoped(502).at("error").at("code") == "provider_denied");
    CHECK(ephd.wait_for_key("revoked").at("outcome") == "never made");
}

TEST_CASE_METHOD(WithoutExpiry, "a key with scopes is made without an expiry where the organisation refuses that") {
    const Json issued = scoped();
    CHECK_THAT(issued.at("notes").at(0).get<std::string>(), Contains("refuses key expiry"));
    CHECK(sim.live_keys() == 1);
}

TEST_CASE_METHOD(Fixture, "eph keys create prints the key alone, or lines for a shell, and scopes reach the provider") {
    const auto eph = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {EPH, "keys", "create"});
        return Program{words, home.variables}.wait();
    };
    const Finished plain = eph({"ci", "--scope", "model.request", "--scope", "api.responses.read", "--ttl", "10m"});
    CHECK(plain.status == 0);
    const Json key = sim.state().at("accounts").at(0).at("keys").at(0);
    CHECK(plain.out == key.at("value").get<std::string>() + "\n");
    CHECK(plain.err.find(key.at("value").get<std::string>()) == std::string::npos);
    CHECK(key.at("scopes") == Json{"model.request", "api.responses.read"});

    const Finished lines = eph({"--print-env"});
    const std::string value = sim.state().at("accounts").at(1).at("keys").at(0).at("value");
    CHECK(lines.out == "export OPENAI_API_KEY='" + value + "'\nexport OPENAI_BASE_URL='" + sim.base_url() + "'\n");
    CHECK(eph({"--print-env", "--json"}).status == 64);
    CHECK(eph({"--scope", "two words"}).status == 64);
    CHECK(sim.live_keys() == 2);
}
