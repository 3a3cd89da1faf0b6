// Leaks that a session without a daemon has, and eph must not: what the provider does, and what time does. On a real
// ssh.
#include <csignal>

#include "tests/integration/support/aftermath.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

Json fault(const char* method, Json what) {
    what["match"] = {{"method", method}};
    return what;
}

struct Fixture : World {
    Fixture() {
        sim.wait_for_answered("GET /users");  // the comparison at the start
        host.agent(std::string{honest_agent} + "exit 7\n");
    }
    std::string only_key() { return ephd.get("/v1/keys?all=1").at("keys").at(0).at("id"); }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "leak 6: a revocation that fails once, however, is tried until it is confirmed") {
    const std::vector<Json> failures{
        {{"kind", "status"}, {"status", 500}},
        {{"kind", "status"}, {"status", 502}, {"body", "<html>a gateway's</html>"}},
        {{"kind", "status"}, {"status", 429}},
        {{"kind", "status"}, {"status", 429}, {"headers", {{"Retry-After", "1"}}}},
        {{"kind", "status"}, {"status", 401}},
        {{"kind", "status"}, {"status", 403}},
        {{"kind", "reset_before"}},
        {{"kind", "reset_after"}},
        {{"kind", "close_after_headers"}},
        {{"kind", "truncate"}},
        {{"kind", "truncate"}, {"effect", true}},
        {{"kind", "garbage"}},
        {{"kind", "empty"}},
    };
    for (const Json& each : failures) {
        INFO(each.dump());
        sim.fault(fault("DELETE", each));
        const Finished done = eph({"testhost", "x"});
        CHECK(done.status == 7);
        INFO(done.err);
        const bool told =
            done.err.find(" is NOT revoked yet: ") != std::string::npos || done.err.ends_with(" is revoked\n");
        CHECK(told);
        CHECK(left_of(*this, done.out) == "");
        CHECK(sim.control("GET", "/_sim/faults").at(0).at("hits") == 1);
        sim.clear_faults();
    }
}

TEST_CASE_METHOD(Fixture, "leak 6: a revocation that goes on failing is said at the end, in the status, and goes on") {
    sim.fault(fault("DELETE", {{"kind", "status"}, {"status", 500}, {"times", -1}}));
    const Finished done = eph({"testhost", "x"});
    CHECK(done.status == 7);
    const std::string refused = "OpenAI could not delete a service account in project proj_test: ";
    CHECK_THAT(done.err, Contains("eph: key " + only_key() + " is NOT revoked yet: " + refused));
    CHECK_THAT(done.err, Contains("eph: ephd goes on trying until it is; the key's own end is at "));
    const Finished status = eph({"status"});
    CHECK_THAT(status.out, Contains(only_key()));
    CHECK_THAT(status.out, Contains(refused));
    CHECK(sim.live_keys() == 1);
    sim.clear_faults();
    CHECK(left_of(*this, done.out) == "");
}

TEST_CASE_METHOD(Fixture,
                 "leak 7: a key whose creation took effect though its answer was lost or unreadable is revoked") {
    const std::vector<Json> failures{
        {{"kind", "reset_after"}},
        {{"kind", "close_after_headers"}, {"effect", true}},
        {{"kind", "truncate"}, {"effect", true}},
        {{"kind", "garbage"}, {"effect", true}},
        {{"kind", "empty"}, {"effect", true}},
        {{"kind", "status"}, {"status", 500}, {"effect", true}},
        {{"kind", "status"}, {"status", 504}, {"effect", true}, {"body", "<html>a gateway's</html>"}},
        {{"kind", "status"}, {"status", 200}, {"effect", true}, {"body", R"({"id": "svc_acct_1", "api_key": null})"}},
        {{"kind", "status"}, {"status", 200}, {"effect", true}, {"body", R"({"id": 5})"}},
    };
    for (const Json& each : failures) {
        INFO(each.dump());
        (void)sim.control("DELETE", "/_sim/requests");
        sim.fault(fault("POST", each));
        const Finished done = eph({"testhost", "x"});
        INFO(done.err);
        CHECK(done.status == 125);
        CHECK(done.out.empty());  // no agent
        sim.wait_for_answered("DELETE service_accounts");
        CHECK(eventually([&] { return sim.live_keys() == 0; }));
        sim.clear_faults();
    }
    CHECK(sim.state().at("accounts").size() == failures.size());  // each took effect
}

TEST_CASE_METHOD(Fixture, "leak 8: a provider that never answers holds nobody up for longer than a stated time",
                 "[slow][silence]") {
    SECTION("the creation") {
        sim.fault(fault("POST", {{"kind", "hang"}, {"effect", true}}));
        const Finished done = eph({"testhost", "x"});
        CHECK(done.status == 125);
        const std::string where = "127.0.0.1:" + std::to_string(sim.port());
        CHECK_THAT(done.err, Contains("eph: " + where + " did not answer within 30 s\n"));
        CHECK(eventually([&] { return sim.live_keys() == 0; }));
    }
    SECTION("the revocation") {
        sim.fault(fault("DELETE", {{"kind", "hang"}, {"effect", false}}));
        const auto began = std::chrono::steady_clock::now();
        const Finished done = eph({"testhost", "x"});
        CHECK(std::chrono::steady_clock::now() - began < 25s);
        CHECK(done.status == 7);
        CHECK_THAT(done.err, Contains(" is NOT revoked yet: the provider has not answered yet\n"));
        CHECK(left_of(*this, done.out, 40s) == "");
    }
}

TEST_CASE_METHOD(Fixture, "leak 9: one cleanup sees every key, behind however many pages of others'") {
    sim.seed("production-{n}", 130);
    sim.seed("eph-old-20260101T000000Z-exp-20260101T020000Z-{n}", 170);
    (void)sim.control("DELETE", "/_sim/requests");
    const Finished done = eph({"cleanup"});
    INFO(done.out << done.err);
    CHECK(done.status == 0);
    CHECK(sim.live_keys() == 130);
    const Json state = sim.state();
    for (const Json& account : state.at("accounts")) {
        const bool of_eph = account.at("name").get<std::string>().starts_with("eph-");
        CHECK(account.at("deleted") == of_eph);
    }
    const Json pages = sim.requests("GET service_accounts");
    INFO(pages.dump(1));
    REQUIRE(pages.size() == 3);  // of a hundred each
    for (const Json& page : pages) CHECK_THAT(page.at("query").get<std::string>(), StartsWith("limit=100"));
}

TEST_CASE_METHOD(World, "leak 10: the deadline ends the agent and revokes the key within a second") {
    host.agent(stubborn_agent);
    const Finished done = eph({"testhost", "--ttl", "3s", "x"});
    CHECK(done.status == 124);
    CHECK_THAT(done.err, Contains("eph: the session on testhost has ended: its time was up at "));
    const Json key = ephd.get("/v1/keys?all=1").at("keys").at(0);
    CHECK(key.at("reason") == "deadline");
    const Json deletion = sim.requests("DELETE service_accounts").at(0);
    const std::int64_t late =
        deletion.at("arrived_ms").get<std::int64_t>() - key.at("expires_at").get<std::int64_t>() * 1000;
    CHECK(late > -1000);  // the API's moments are whole seconds
    CHECK(late < 2000);
    CHECK(left_of(*this, done.out) == "");
}

TEST_CASE_METHOD(World, "leak 10: another machine's cleanup leaves a live session's key alone, also past its first end",
                 "[slow][silence]") {
    host.agent(obedient_agent);
    Program session = start({"testhost", "--ttl", "4s", "x"});
    session.wait_for_out("ready");
    const std::string id = ephd.get("/v1/sessions?active=1").at("sessions").at(0).at("id");
    REQUIRE(eph({"extend", id, "10m"}).status == 0);
    const Json key = ephd.get("/v1/keys").at("keys").at(0);
    const std::int64_t first_end = key.at("created_at").get<std::int64_t>() + 4;
    REQUIRE(eventually([&] { return std::time(nullptr) > first_end + 1; }));

    TempHome elsewhere;
    Daemon other{elsewhere, sim};
    const Reply cleaned = other.call("POST", "/v1/cleanup", Json::object());
    INFO(cleaned.text);
    CHECK(cleaned.status == 200);
    CHECK(sim.live_keys() == 1);
    CHECK(sim.requests("DELETE").empty());
    CHECK(session.running());

    // What its own machine leaves behind, the other one does away with once its time is over.
    sim.seed("eph-dead-20260101T000000Z-exp-20260101T020000Z-abcdef");
    CHECK(other.call("POST", "/v1/cleanup", Json::object()).status == 200);
    CHECK(sim.live_keys() == 1);
    session.signal(SIGTERM);
    CHECK(left_of(*this, session.wait().out) == "");
}
