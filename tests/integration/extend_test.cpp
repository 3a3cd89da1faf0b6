// A session that gets more time: ledger, name and the provider's expiry together, or not at all.
#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;

namespace {

struct Fixture {
    explicit Fixture(std::vector<std::string> options = {}) : sim(std::move(options)), ephd(home, sim) {
        sim.wait_for_answered("GET /users");  // the comparison at the start
    }

    void start(int ttl = 600) {
        lease = ephd.session({{"host", "web"}, {"ttl_seconds", ttl}});
        const auto first = lease->event();
        REQUIRE(first);
        issued = *first;
        session = issued.at("session").at("id");
        key = issued.at("key").at("id");
        name = issued.at("key").at("name");
        deadline = issued.at("session").at("expires_at");
    }
    Reply extend(int seconds) { return ephd.call("POST", path(), {{"seconds", seconds}}); }
    std::string path() const { return "/v1/sessions/" + session + "/extend"; }

    // The newest account and its key as the provider has them.
    Json account() { return sim.state().at("accounts").back(); }
    std::int64_t expiry() { return account().at("keys").at(0).at("expires_at"); }
    void old_end_counts() {
        CHECK(ephd.get("/v1/sessions/" + session).at("expires_at") == deadline);
        CHECK(ephd.key(key).at("expires_at") == deadline);
        CHECK(ephd.key(key).at("state") == "live");
    }
    std::string refused(int seconds, int status) {
        const Reply reply = extend(seconds);
        INFO(reply.text);
        CHECK(reply.status == status);
        return reply.json().at("error").at("message");
    }

    Sim sim;
    TempHome home;
    Daemon ephd;
    std::unique_ptr<LeaseConnection> lease;
    Json issued;
    std::string session, key, name;
    std::int64_t deadline = 0;
};

Json on(const char* path, Json fault) {
    fault["match"] = {{"method", "POST"}, {"path_contains", path}};
    return fault;
}

constexpr const char* rename_call = "/service_accounts/";
constexpr const char* expiry_call = "/api_keys/";

struct ByListedId : Fixture {
    ByListedId() : Fixture({"--list-id-differs", "--delete-by", "list"}) {}
};
struct WithoutExpiry : Fixture {
    WithoutExpiry() : Fixture({"--no-expires"}) {}
};
struct WithPolicy : Fixture {
    WithPolicy() : Fixture({"--max-expires", "900"}) {}
};

}  // namespace

TEST_CASE_METHOD(Fixture,
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

TEST_CASE_METHOD(Fixture, "an extended session outlives its old end and not its new one", "[slow][extended]") {
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

TEST_CASE_METHOD(Fixture, "warnings follow the new end, also on a lease that is taken up again") {
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

TEST_CASE_METHOD(Fixture, "a session is extended to the longest TTL and no further, and the refusal says how far") {
    start(3600);
    CHECK(refused(83 * 3600, 400) == "a session may last 1d in all, so at most 23h can be added to this one");
    CHECK(refused(0, 400) == "an extension must be more than zero");
    CHECK(refused(-5, 400) == "an extension must be more than zero");
    CHECK(sim.requests("POST").size() == 1);  // the creation
    old_end_counts();
    CHECK(extend(23 * 3600).status == 200);
    CHECK(refused(1, 400) == "a session may last 1d in all, so nothing can be added to this one");
}

TEST_CASE_METHOD(Fixture, "a session that is over, or that never was, cannot be extended") {
    start();
    (void)ephd.call("DELETE", "/v1/sessions/" + session);
    CHECK(refused(60, 410) == "session " + session + " is over: asked");
    CHECK(ephd.call("POST", "/v1/sessions/nothing/extend", {{"seconds", 60}}).status == 404);
}

TEST_CASE_METHOD(Fixture, "what the provider refuses clearly changes nothing, and the refusal is told") {
    start();
    const std::int64_t expiry_before = expiry();
    struct Row {
        const char* call;
        int status;
        const char* says;
    };
    const Row table[] = {
        {expiry_call, 403, "OpenAI refused to give the key a later expiry"},
        {expiry_call, 404, "no longer has the API key"},
        {expiry_call, 500, "OpenAI could not give the key a later expiry"},
        {rename_call, 403, "OpenAI refused to rename a service account"},
        {rename_call, 405, "OpenAI cannot rename the service account"},
        {rename_call, 429, "OpenAI asks to slow down"},
    };
    for (const Row& row : table) {
        INFO(row.call << " " << row.status);
        sim.fault(on(row.call, {{"kind", "status"}, {"status", row.status}}));
        const std::string said = refused(1800, 502);
        CHECK_THAT(said, Contains("session " + session + " keeps its end: "));
        CHECK_THAT(said, Contains(row.says));
        CHECK(account().at("name") == name);
        CHECK(ephd.key(key).at("name") == name);
        old_end_counts();
        CHECK(eventually([&] { return std::abs(expiry() - expiry_before) <= 2; }));  // also where it was moved first
    }
    CHECK(extend(1800).status == 200);  // and then it goes
}

TEST_CASE_METHOD(Fixture, "a rename that nobody answered leaves the old end, and either name finds the key") {
    for (const bool effect : {true, false}) {
        INFO(effect);
        start();
        sim.fault(on(rename_call, {{"kind", effect ? "reset_after" : "status"}, {"status", 500}, {"effect", effect}}));
        CHECK_THAT(refused(1800, 502), Contains("keeps its end"));
        old_end_counts();
        CHECK(ephd.post("/v1/cleanup", nullptr, 200).at("left") == 1);  // no stranger, whichever name it has
        const Reply again = extend(1800);
        INFO(again.text);
        REQUIRE(again.status == 200);
        CHECK(again.json().at("expires_at") == deadline + 1800);
        CHECK(sim.has(ephd.key(key).at("name")));
        (void)ephd.call("DELETE", "/v1/sessions/" + session);
        CHECK(sim.live_keys() == 0);
    }
}

TEST_CASE_METHOD(ByListedId, "a key whose rename was not answered is revoked under whichever name it has") {
    for (const bool effect : {true, false}) {
        INFO(effect);
        start();
        // The id that creating answered is unknown to DELETE and to renaming: the name is the only way.
        sim.fault(on(rename_call, {{"kind", "status"}, {"status", 500}, {"effect", effect}, {"skip", 1}}));
        CHECK_THAT(refused(1800, 502), Contains("keeps its end"));
        CHECK(sim.has(name) != effect);
        CHECK(ephd.call("DELETE", "/v1/sessions/" + session).status == 200);
        CHECK(sim.live_keys() == 0);
        sim.clear_faults();
    }
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

TEST_CASE_METHOD(Fixture, "a provider that took an expiry silently and cannot change it has none") {
    sim.fault({{"kind", "status"},
               {"match", {{"method", "POST"}}},
               {"status", 200},
               {"effect", true},
               {"body", R"({"id": "svc_acct_silent", "api_key": {"id": "key_silent", "value": "sk-silent"}})"}});
    start();
    sim.fault(on(expiry_call, {{"kind", "status"}, {"status", 404}}));
    CHECK(extend(1800).status == 200);
    CHECK(account().at("name") == ephd.key(key).at("name"));
}

TEST_CASE_METHOD(Fixture, "of two extensions at once one is refused as busy") {
    start();
    sim.fault(on(rename_call, {{"kind", "delay"}, {"delay_ms", 800}, {"effect", true}}));
    HttpConnection first{home.socket()};
    first.request("POST", path(), R"({"seconds": 600})");
    sim.wait_for("POST api_keys");
    CHECK(refused(600, 409) == "session " + session + " is being extended at this moment");
    CHECK(first.reply().status == 200);
    CHECK(ephd.key(key).at("expires_at") == deadline + 600);
}

TEST_CASE_METHOD(Fixture, "a session that ends while it is extended is over, and its key goes") {
    start();
    sim.fault(on(rename_call, {{"kind", "delay"}, {"delay_ms", 800}, {"effect", true}}));
    HttpConnection extension{home.socket()};
    extension.request("POST", path(), R"({"seconds": 600})");
    sim.wait_for("POST api_keys");
    (void)ephd.call("DELETE", "/v1/sessions/" + session);
    CHECK(extension.reply().status == 410);
    CHECK(ephd.becomes(key, "revoked"));
    CHECK(sim.live_keys() == 0);
    CHECK(ephd.get("/v1/sessions/" + session).at("expires_at") == deadline);
}

TEST_CASE_METHOD(Fixture, "an orderly stop lets an extension come to its end") {
    start();
    sim.fault(on(rename_call, {{"kind", "delay"}, {"delay_ms", 700}, {"effect", true}}));
    HttpConnection extension{home.socket()};
    extension.request("POST", path(), R"({"seconds": 600})");
    sim.wait_for("POST api_keys");
    CHECK(ephd.stop().status == 0);
    ephd.start();
    const auto again = ephd.lease(session);
    CHECK(again->event()->at("expires_at") == deadline + 600);
    CHECK(account().at("name") == ephd.key(key).at("name"));
}

TEST_CASE_METHOD(ByListedId, "killed between any two steps of an extension, ephd revokes the key at its old end",
                 "[slow][extended]") {
    struct Row {
        const char* call;
        bool effect;
        int skip;  // the first call to rename goes by the id that creating answered, which is unknown there
    };
    for (const Row& row : {Row{expiry_call, false, 0}, Row{expiry_call, true, 0}, Row{rename_call, false, 1},
                           Row{rename_call, true, 1}}) {
        INFO(row.call << " with effect: " << row.effect);
        start(6);
        sim.fault(on(row.call, {{"kind", "hang"}, {"effect", row.effect}, {"skip", row.skip}}));
        const std::string match = std::string{"POST "} + row.call;
        const int before = static_cast<int>(sim.requests(match).size());
        HttpConnection extension{home.socket()};
        extension.request("POST", path(), R"({"seconds": 3600})");
        sim.wait_for(match, before + 1 + row.skip);
        const bool renamed = row.effect && row.skip == 1;
        if (renamed) CHECK(eventually([&] { return !sim.has(name); }));
        ephd.kill9();
        ephd.start();
        const auto again = ephd.lease(session);
        CHECK(again->event()->at("expires_at") == deadline);
        old_end_counts();
        CHECK(ephd.becomes(key, "revoked"));
        CHECK(ephd.key(key).at("reason") == "deadline");
        CHECK(sim.live_keys() == 0);
        sim.clear_faults();
    }
}

TEST_CASE_METHOD(Fixture, "an extension that was killed can be asked for again") {
    start();
    sim.fault(on(rename_call, {{"kind", "hang"}, {"effect", true}}));
    HttpConnection extension{home.socket()};
    extension.request("POST", path(), R"({"seconds": 3600})");
    CHECK(eventually([&] { return !sim.has(name); }));
    ephd.kill9();
    ephd.start();
    const auto again = ephd.lease(session);
    REQUIRE(again->event());
    REQUIRE(extend(1800).status == 200);
    CHECK(ephd.key(key).at("expires_at") == deadline + 1800);
    CHECK(sim.has(ephd.key(key).at("name")));
    CHECK(ephd.call("DELETE", "/v1/sessions/" + session).status == 200);
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(Fixture, "eph extend says until when the session goes on, and a wrong duration is bad usage") {
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
