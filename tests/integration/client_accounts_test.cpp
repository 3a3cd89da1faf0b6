// Accounts that come with requests: which are kept, for how long, and what they cost.
#include "tests/integration/support/crowd.hpp"
#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sanitized.hpp"

using namespace eph::test;

namespace {

struct Fixture {
    Variables with(const std::string& admin) const {
        return {{"Eph-Admin-Key", admin}, {"Eph-Project-Id", project}, {"Eph-Base-Url", sim.base_url()}};
    }
    Reply revoke() { return ephd.call("DELETE", "/v1/keys/" + key); }
    std::size_t accounts() { return ephd.get("/v1/accounts").at("accounts").size(); }

    Sim sim;
    TempHome home;
    Daemon ephd{home};
    // As long as it lives, its place is needed.
    std::string key = ephd.post("/v1/keys", Json::object(), 201, with(admin_key)).at("key").at("id");
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a client's key that its provider refuses is forgotten, where there is another") {
    CHECK(accounts() == 1);
    CHECK(ephd.call("POST", "/v1/keys", Json::object(), with("sk-admin-wrong")).status == 502);
    CHECK(accounts() == 1);
    (void)ephd.call("GET", "/v1/accounts", nullptr, with("sk-admin-wrong"));
    CHECK(accounts() == 2);  // nobody has asked the provider yet
    sim.control("DELETE", "/_sim/requests");
    sim.fault({{"kind", "status"}, {"status", 500}, {"times", 1}, {"match", {{"method", "DELETE"}}}});
    CHECK(revoke().status == 202);
    CHECK(ephd.becomes(key, "revoked"));
}

TEST_CASE_METHOD(Fixture,
                 "the last account of a place is kept whatever its provider says, as nothing else can revoke") {
    sim.fault({{"kind", "status"}, {"status", 401}, {"times", 2}, {"match", {{"method", "DELETE"}}}});
    CHECK(revoke().status == 202);
    CHECK(accounts() == 1);
    CHECK(ephd.becomes(key, "revoked"));
    CHECK(sim.live_keys() == 0);
    CHECK(eventually([&] { return accounts() == 0; }));
}

TEST_CASE_METHOD(Fixture, "of what clients send for one place a few accounts are kept, and that of a live key") {
    const double before = processor_time_of(ephd.pid());
    for (int i = 0; i < 300; ++i)
        CHECK(ephd.call("GET", "/v1/accounts", nullptr, with("sk-admin-" + std::to_string(i))).status == 200);
    if (!sanitized) CHECK(processor_time_of(ephd.pid()) - before < 3);
    CHECK(accounts() == 16);
    CHECK(revoke().status == 200);  // by the first of all
    CHECK(sim.live_keys() == 0);
    CHECK(eventually([&] { return accounts() == 0; }));
}
