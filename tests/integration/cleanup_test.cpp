// eph cleanup: all pages, every account, an honest sum, and a question before harm.
#include <set>

#include "tests/integration/support/daemon.hpp"
#include "tests/integration/support/pty.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;

namespace {

constexpr const char* expired = "eph-old{n}-20260101T000000Z-exp-20260101T020000Z-a1b2c3";
constexpr const char* not_expired = "eph-new{n}-20260101T000000Z-exp-20990101T020000Z-a1b2c3";

struct Fixture : DaemonAndSim {
    Fixture() { sim.wait_for_answered("GET /users"); }  // the comparison at the start

    std::vector<std::string> command(std::vector<std::string> words) const {
        words.insert(words.begin(), {EPH, "cleanup"});
        return words;
    }
    Finished cleanup(std::vector<std::string> words = {}) { return Program{command(words), home.variables}.wait(60s); }
    int deletions() { return static_cast<int>(sim.requests("DELETE service_accounts").size()); }
    void refuse_deletions(int times) {
        sim.fault({{"kind", "status"}, {"status", 500}, {"times", times}, {"match", {{"method", "DELETE"}}}});
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a cleanup of 150 keys reads all pages, names what failed, and its status tells") {
    const Json seeded = sim.control("POST", "/_sim/accounts", {{"name", expired}, {"count", 150}}).at("accounts");
    sim.seed("production-{n}", 120);  // others' pages behind them
    sim.seed(not_expired, 2);
    for (const int stuck : {0, 75, 149}) {
        sim.fault({{"kind", "status"},
                   {"status", 500},
                   {"times", -1},
                   {"match", {{"method", "DELETE"}, {"path_contains", seeded.at(stuck).at("id")}}}});
    }
    sim.control("DELETE", "/_sim/requests");
    const Finished done = cleanup();
    CHECK(done.status == 125);
    CHECK_THAT(
        done.out,
        Contains("147 revoked, 0 already gone, 3 failed and still being tried, 2 left because they are not over\n"));
    CHECK(std::count(done.out.begin(), done.out.end(), '\n') == 4);
    CHECK_THAT(done.out, Contains("(eph-old") && Contains("status 500"));
    CHECK(sim.requests("GET service_accounts").size() >= 3);
    std::set<int> connections;  // 16 at a time
    const Json deleted = sim.requests("DELETE");
    for (const Json& each : deleted) connections.insert(each.at("connection").get<int>());
    CHECK(connections.size() <= 16);
    sim.clear_faults();
    CHECK(eventually([&] { return sim.live_keys() == 122; }));
    const Finished again = cleanup();
    CHECK(again.status == 0);
    CHECK(again.out == "0 revoked, 0 already gone, 0 failed and still being tried, 2 left because they are not over\n");
}

TEST_CASE_METHOD(Fixture, "a dry run lists what would go and leaves no trace, here or there") {
    sim.seed(expired, 3);
    sim.seed(not_expired);
    const Json mine = ephd.create_key().at("key");
    const Json events = ephd.get("/v1/events");
    const Finished plain = cleanup({"--dry-run"});
    CHECK(plain.status == 0);
    for (const char* name : {"eph-old1-", "eph-old2-", "eph-old3-", "(another machine's)"})
        CHECK_THAT(plain.out, Contains(name));
    CHECK_THAT(plain.out, Contains("3 would be revoked, 2 left because they are not over; nothing was changed\n"));
    CHECK(plain.out.find("eph-new") == plain.out.npos);
    const Json all = Json::parse(cleanup({"--dry-run", "--all", "--json"}).out);
    CHECK(all.at("would_revoke").size() == 5);
    CHECK(all.at("left") == 0);
    CHECK(all.at("revoked") == 0);
    CHECK(deletions() == 0);
    CHECK(sim.live_keys() == 5);
    CHECK(ephd.get("/v1/events") == events);
    CHECK(ephd.get("/v1/keys?all=1").at("keys").size() == 1);
    CHECK(ephd.key(mine.at("id")).at("state") == "live");
}

TEST_CASE_METHOD(Fixture, "a dry run says what is being revoked already, and what comes back") {
    const std::string gone = ephd.create_key().at("key").at("id");
    const std::string stuck = ephd.create_key().at("key").at("id");
    CHECK(ephd.call("DELETE", "/v1/keys/" + gone).status == 200);
    sim.seed(ephd.key(gone).at("name"));  // a provider that forgot its own deletion
    refuse_deletions(-1);
    CHECK(ephd.call("DELETE", "/v1/keys/" + stuck).status == 202);
    const Json result = ephd.post("/v1/cleanup", {{"dry_run", true}}, 200);
    CHECK(result.at("would_revoke").size() == 2);
    CHECK(ephd.key(gone).at("state") == "revoked");
}

TEST_CASE_METHOD(Fixture, "cleanup --all asks on a terminal, and says what it would end") {
    sim.seed(not_expired, 2);
    const auto lease = ephd.session({{"host", "web.example"}});
    const std::string session = lease->event()->at("session").at("id");
    {
        Pty terminal{command({"--all"}), home.variables};
        terminal.wait_for("This revokes 3 keys, of every machine.");
        terminal.wait_for("It ends session " + session + " on web.example.");
        terminal.wait_for("Go on? [y/N] ");
        terminal.type("\n");
        terminal.wait_for("nothing was revoked");
        CHECK(terminal.wait() == 1);
    }
    CHECK(deletions() == 0);
    Pty terminal{command({"--all"}), home.variables};
    terminal.wait_for("Go on? [y/N] ");
    terminal.type("y\n");
    terminal.wait_for("3 revoked");
    CHECK(terminal.wait() == 0);
    CHECK(sim.live_keys() == 0);
    CHECK(lease->event()->at("event") == "over");
}

TEST_CASE_METHOD(Fixture, "cleanup --all --yes asks nobody, nor does it without a terminal") {
    sim.seed(not_expired);
    {
        Pty terminal{command({"--all", "--yes"}), home.variables};
        terminal.wait_for("1 revoked");
        CHECK(terminal.wait() == 0);
        CHECK(terminal.screen().find("Go on?") == std::string::npos);
    }
    sim.seed(not_expired);
    CHECK(cleanup({"--all"}).status == 0);
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(Fixture, "a terminal sees how far a cleanup is, and a pipe sees no bar") {
    sim.seed(expired, 64);
    sim.control("POST", "/_sim/latency", {{"ms", 300}});
    Pty terminal{command({}), home.variables};
    terminal.wait_for("eph: revoking [");
    terminal.wait_for("/64");
    terminal.wait_for("64 revoked", 30s);
    CHECK(terminal.wait() == 0);
    CHECK(cleanup().err.find("[") == std::string::npos);
    CHECK(ephd.get("/v1/cleanup").at("running") == false);
}

TEST_CASE_METHOD(Fixture, "two cleanups at once are one after the other, and no key is deleted twice") {
    sim.seed(expired, 20);
    sim.control("POST", "/_sim/latency", {{"ms", 100}});
    HttpConnection first{home.socket()}, second{home.socket()};
    first.request("POST", "/v1/cleanup");
    sim.wait_for("DELETE service_accounts");
    CHECK(ephd.get("/v1/cleanup").at("running") == true);
    CHECK(ephd.get("/v1/cleanup").at("total") == 20);
    second.request("POST", "/v1/cleanup");
    CHECK(first.reply().json().at("revoked") == 20);
    const Json nothing = second.reply().json();
    CHECK(nothing.at("revoked") == 0);
    CHECK(nothing.at("listed") == 0);
    CHECK(deletions() == 20);
}

TEST_CASE_METHOD(Fixture, "a cleanup is over every account, or over the one that is named") {
    Sim other;
    const Variables at_other{{"Eph-Admin-Key", admin_key}, {"Eph-Base-Url", other.base_url()}};
    (void)ephd.post("/v1/keys", Json::object(), 201, at_other);  // ephd keeps that account
    constexpr const char* elsewhere = "eph-there{n}-20260101T000000Z-exp-20260101T020000Z-a1b2c3";
    constexpr const char* later = "eph-later{n}-20260101T000000Z-exp-20260101T020000Z-a1b2c3";
    sim.seed(expired, 2);
    other.seed(elsewhere, 2);
    const Json one = ephd.post("/v1/cleanup", Json::object(), 200, at_other);
    CHECK(one.at("revoked") == 2);
    CHECK(sim.live_keys() == 2);
    other.seed(later, 3);
    const Json both = ephd.post("/v1/cleanup", Json::object(), 200);
    CHECK(both.at("revoked") == 5);
    CHECK(both.at("notes").empty());

    other.fault({{"kind", "status"}, {"status", 403}, {"times", -1}, {"match", {{"method", "GET"}}}});
    sim.seed(not_expired);
    sim.seed("eph-last-20260101T000000Z-exp-20260101T020000Z-a1b2c3");
    const Finished half = cleanup();
    CHECK(half.status == 125);
    CHECK_THAT(half.out, Contains("1 revoked, 0 already gone, 0 failed"));
    CHECK_THAT(half.err, Contains("eph: not everything was looked at: account ") &&
                             Contains("OpenAI refused to list service accounts"));
}

TEST_CASE_METHOD(Fixture, "an account that alone cannot be asked is an error") {
    sim.fault({{"kind", "status"}, {"status", 401}, {"times", -1}, {"match", {{"method", "GET"}}}});
    const Finished done = cleanup();
    CHECK(done.status == 125);
    CHECK_THAT(done.err, Contains("OpenAI does not accept the admin key"));
    CHECK(done.out.empty());
    CHECK(ephd.get("/v1/cleanup").at("running") == false);
}
