// An extension that is refused, unanswered, interrupted or killed: the old end counts.
#include "tests/integration/support/extension.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;

TEST_CASE_METHOD(ExtensionWorld, "what the provider refuses clearly changes nothing, and the refusal is told") {
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

TEST_CASE_METHOD(ExtensionWorld, "a rename that nobody answered leaves the old end, and either name finds the key") {
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

TEST_CASE_METHOD(ExtensionWorld, "a provider that took an expiry silently and cannot change it has none") {
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

TEST_CASE_METHOD(ExtensionWorld, "of two extensions at once one is refused as busy") {
    start();
    sim.fault(on(rename_call, {{"kind", "delay"}, {"delay_ms", 800}, {"effect", true}}));
    HttpConnection first{home.socket()};
    first.request("POST", path(), R"({"seconds": 600})");
    sim.wait_for("POST api_keys");
    CHECK(refused(600, 409) == "session " + session + " is being changed at this moment");
    CHECK(first.reply().status == 200);
    CHECK(ephd.key(key).at("expires_at") == deadline + 600);
}

TEST_CASE_METHOD(ExtensionWorld, "a session that ends while it is extended is over, and its key goes") {
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

TEST_CASE_METHOD(ExtensionWorld,
                 "where a session ended while it was extended, that is said, and not what the provider no longer has") {
    start();
    sim.fault(on(rename_call, {{"kind", "delay"}, {"delay_ms", 800}}));
    HttpConnection extension{home.socket()};
    extension.request("POST", path(), R"({"seconds": 600})");
    sim.wait_for("POST api_keys");
    (void)ephd.call("DELETE", "/v1/sessions/" + session);
    const Reply reply = extension.reply();
    CHECK(reply.status == 410);
    CHECK(reply.json().at("error").at("message") == "session " + session + " is over: asked");
    CHECK(ephd.becomes(key, "revoked"));
}

TEST_CASE_METHOD(ExtensionWorld, "an orderly stop lets an extension come to its end") {
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

TEST_CASE_METHOD(ExtensionWorld, "an extension that was killed can be asked for again") {
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

TEST_CASE_METHOD(ExtensionWorld, "a rename that is answered with nonsense, or with another name, leaves the old end") {
    for (const char* kind : {"garbage", "empty", "status"}) {
        INFO(kind);
        start();
        sim.fault(on(rename_call, {{"kind", kind}, {"status", 200}, {"body", R"({"id": "x", "name": "another"})"}}));
        CHECK_THAT(refused(1800, 502), Contains("keeps its end"));
        old_end_counts();
        CHECK(ephd.post("/v1/cleanup", nullptr, 200).at("left") == 1);
        CHECK(extend(1800).status == 200);
        CHECK(sim.has(ephd.key(key).at("name")));
        (void)ephd.call("DELETE", "/v1/sessions/" + session);
    }
}

TEST_CASE_METHOD(ExtensionWorld, "an expiry that is put back slowly does not undo the next extension") {
    start();
    sim.fault(on(rename_call, {{"kind", "status"}, {"status", 403}}));
    sim.fault(on(expiry_call, {{"kind", "delay"}, {"delay_ms", 1500}, {"skip", 1}}));
    CHECK_THAT(refused(1800, 502), Contains("keeps its end"));
    REQUIRE(extend(1800).status == 200);
    sim.wait_for_answered("POST /api_keys/", 3);
    CHECK(expiry() >= deadline + 1800);
}
