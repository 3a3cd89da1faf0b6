// A session that gets more time: ledger, name and the provider's expiry together.
#include "daemon/ledger/sqlite.hpp"
#include "tests/integration/support/extension.hpp"
#include "tests/support/first_ledger.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;

namespace {

struct WithoutExpiry : ExtensionWorld {
    WithoutExpiry() : ExtensionWorld({"--no-expires"}) {}
};
struct WithPolicy : ExtensionWorld {
    WithPolicy() : ExtensionWorld({"--max-expires", "900"}) {}
};

}  // namespace

TEST_CASE_METHOD(ExtensionWorld,
                 "an extended session has its later end in the ledger, in the key's name and at the provider") {
    start();
    const std::int64_t expiry_before = expiry();
    const Reply reply = extend(1800);
    REQUIRE(reply.status == 200);
    CHECK(reply.json().at("expires_at") == deadline + 1800);
    CHECK(ephd.key(key).at("expires_at") == deadline + 1800);
    const std::string next_name = ephd.key(key).at("name");
    CHECK(next_name != name);
    CHECK(next_name.substr(0, next_name.rfind("-exp-")) == name.substr(0, name.rfind("-exp-")));
    CHECK(next_name.substr(next_name.rfind('-')) == name.substr(name.rfind('-')));
    CHECK(account().at("name") == next_name);
    CHECK(std::abs(expiry() - (expiry_before + 1800)) <= 2);
    const auto told = lease->event();
    REQUIRE(told);
    CHECK(told->at("event") == "extended");
    CHECK(told->at("expires_at") == deadline + 1800);
    const Json last = ephd.get("/v1/events?last=1").at("events").at(0);
    CHECK(last.at("event") == "extended");
    CHECK(last.at("session") == session);

    const Reply again = extend(600);
    REQUIRE(again.status == 200);
    CHECK(again.json().at("expires_at") == deadline + 2400);
    CHECK(account().at("name") == ephd.key(key).at("name"));
    (void)ephd.call("DELETE", "/v1/sessions/" + session);
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(ExtensionWorld, "an extended session outlives its old end and not its new one", "[slow][extended]") {
    start(3);
    REQUIRE(extend(3).status == 200);
    sim.wait_for("DELETE service_accounts");
    const auto made = sim.requests("POST service_accounts").at(0).at("arrived_ms").get<std::int64_t>();
    const auto gone = sim.requests("DELETE service_accounts").at(0).at("arrived_ms").get<std::int64_t>();
    CHECK(gone - made > 5900);
    CHECK(gone - made < 7500);
    CHECK(ephd.becomes(key, "revoked"));
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(ExtensionWorld, "warnings follow the new end, also on a lease that is taken up again") {
    start(62);  // its last minute begins in two seconds
    const auto first = lease->event();
    REQUIRE(first);
    CHECK(first->at("event") == "expiring");
    REQUIRE(extend(5).status == 200);
    CHECK(lease->event()->at("event") == "extended");
    const auto again = ephd.lease(session);
    CHECK(again->event()->at("event") == "held");
    const auto second = again->event();
    REQUIRE(second);
    CHECK(second->at("event") == "expiring");
    CHECK(second->at("expires_at") == deadline + 5);
}

TEST_CASE_METHOD(ExtensionWorld,
                 "a session is extended to the longest TTL and no further, and the refusal says how far") {
    start(3600);
    CHECK(refused(83 * 3600, 400) == "a session may last 1d in all, so at most 23h can be added to this one");
    CHECK(refused(0, 400) == "an extension must be more than zero");
    CHECK(refused(-5, 400) == "an extension must be more than zero");
    CHECK(sim.requests("POST").size() == 1);  // the creation
    old_end_counts();
    CHECK(extend(23 * 3600).status == 200);
    CHECK(refused(1, 400) == "a session may last 1d in all, so nothing can be added to this one");
}

TEST_CASE_METHOD(ExtensionWorld, "a session that is over, or that never was, cannot be extended") {
    start();
    (void)ephd.call("DELETE", "/v1/sessions/" + session);
    CHECK(refused(60, 410) == "session " + session + " is over: asked");
    CHECK(ephd.call("POST", "/v1/sessions/nothing/extend", {{"seconds", 60}}).status == 404);
}

TEST_CASE_METHOD(ByListedId, "where the list has another id, the key is renamed by that one") {
    start();
    REQUIRE(extend(1800).status == 200);
    CHECK(account().at("name") == ephd.key(key).at("name"));
    CHECK(account().at("name") != name);
    CHECK(ephd.call("DELETE", "/v1/sessions/" + session).status == 200);
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(WithoutExpiry, "where the organisation refuses expiry, the name alone is changed") {
    start();
    REQUIRE(extend(1800).status == 200);
    CHECK(sim.requests("POST api_keys").empty());
    CHECK(account().at("name") == ephd.key(key).at("name"));
    CHECK(account().at("keys").at(0).at("expires_at").is_null());
}

TEST_CASE_METHOD(WithPolicy, "a policy that is narrower than the wish is told, and nothing is changed") {
    start();
    const std::string said = refused(1800, 502);
    CHECK_THAT(said, Contains("OpenAI's policy for project proj_test does not allow a later end"));
    CHECK_THAT(said, Contains("900 seconds"));
    CHECK(account().at("name") == name);
    old_end_counts();
    CHECK(extend(120).status == 200);
}

TEST_CASE_METHOD(ExtensionWorld, "eph extend says until when the session goes on, and a wrong duration is bad usage") {
    start();
    const auto eph = [&](std::vector<std::string> words) {
        words.insert(words.begin(), EPH);
        return Program{words, home.variables}.wait();
    };
    const Finished done = eph({"extend", session.substr(0, 5), "30m"});
    CHECK(done.status == 0);
    CHECK_THAT(done.err, Contains("eph: session " + session + " goes on until "));
    CHECK_THAT(done.err, Contains(" from now\n"));
    const Finished json = eph({"extend", session, "60", "--json"});
    CHECK(Json::parse(json.out).at("expires_at") == deadline + 1860);
    CHECK(eph({"extend", session, "soon"}).status == 64);
    CHECK(eph({"extend", session, "5d"}).status == 64);
    CHECK(eph({"extend", session}).status == 64);
}

TEST_CASE_METHOD(ExtensionWorld, "a session that an ephd of the first ledger began is extended at the provider, too") {
    start();
    ephd.kill9();
    eph::Database{home.ledger().string()}.execute(eph::test::back_to_version_1);
    ephd.start();
    const auto again = ephd.lease(session);
    REQUIRE(again->event());
    REQUIRE(extend(1800).status == 200);
    CHECK(account().at("name") == ephd.key(key).at("name"));
    CHECK(expiry() >= deadline + 1800);
}
