// What the provider knows of keys: whose they are, when they were used, and what leads to them.
#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;

namespace {

constexpr const char* theirs = "eph-web-20260615T120000Z-exp-20990615T140000Z-a1b2c3";

struct Fixture : DaemonAndSim {
    explicit Fixture(std::vector<std::string> options = {}) : DaemonAndSim(std::move(options)) {
        sim.wait_for_answered("GET /users");
    }
    Finished eph_keys(std::vector<std::string> words) {
        words.insert(words.begin(), {EPH, "keys"});
        return Program{words, home.variables}.wait();
    }
    void use(const std::string& secret) {
        HttpConnection connection{sim.port()};
        connection.request("GET", "/v1/models", "", {{"Authorization", "Bearer " + secret}});
        REQUIRE(connection.reply().status == 200);
    }
    Json listed(const std::string& name) {
        const Json keys = ephd.get("/v1/keys?source=provider&all=1").at("keys");
        for (const Json& each : keys)
            if (each.at("name") == name) return each;
        FAIL("no key " << name);
        return {};
    }
    // Another machine's key, as the provider has it.
    Json seeded(const std::string& name) {
        return sim.control("POST", "/_sim/accounts", {{"name", name}}).at("accounts").at(0);
    }
};

struct OtherIds : Fixture {
    OtherIds() : Fixture({"--list-id-differs"}) {}
};
struct AsUsers : Fixture {
    AsUsers() : Fixture({"--service-accounts-as-users"}) {}
};

}  // namespace

TEST_CASE_METHOD(OtherIds, "keys are listed with their last use, whatever ids the list has, and others' are marked") {
    const Json used = ephd.create_key({{"label", "used"}});
    const Json unused = ephd.create_key({{"label", "unused"}}).at("key");
    use(used.at("secret"));
    const Json foreign = seeded(theirs);
    use(foreign.at("keys").at(0).at("value"));
    CHECK(listed(used.at("key").at("name")).at("last_used_at").is_number());
    CHECK(listed(unused.at("name")).at("last_used_at").is_null());
    CHECK(listed(theirs).at("last_used_at").is_number());
    CHECK(listed(theirs).at("foreign") == true);
    CHECK(listed(unused.at("name")).at("foreign") == false);
    CHECK(ephd.get("/v1/keys?source=provider").at("note") == "");

    const Finished table = eph_keys({"list"});
    CHECK(table.status == 0);
    CHECK_THAT(table.out, Catch::Matchers::Matches("NAME +ID +STATE +AGE +LEFT +HOST +LAST USED\n(.|\n)*"));
    CHECK_THAT(table.out, Catch::Matchers::Matches("(.|\n)*" + std::string{theirs} + " +" +
                                                   foreign.at("listed_id").get<std::string>() +
                                                   " +live .*\\(another machine's\\) +[0-9]+s ago\n(.|\n)*"));
    CHECK(table.err.empty());
}

TEST_CASE_METHOD(Fixture, "of hundreds of keys every page is read") {
    sim.seed("eph-many{n}-20260615T120000Z-exp-20990615T140000Z-a1b2c3", 230);
    const Json last = listed("eph-many230-20260615T120000Z-exp-20990615T140000Z-a1b2c3");
    CHECK(ephd.get("/v1/keys?source=provider").at("keys").size() == 230);
    CHECK(sim.requests("GET api_keys").size() == 6);
}

TEST_CASE_METHOD(Fixture, "where the list of API keys is refused the rest is shown, and a note says so") {
    (void)ephd.create_key();
    seeded(theirs);
    sim.fault({{"kind", "status"}, {"status", 403}, {"match", {{"path_contains", "/api_keys"}}}});
    const Finished table = eph_keys({"list"});
    CHECK(table.status == 0);
    CHECK_THAT(table.out, Contains(theirs));
    CHECK_THAT(table.err, Contains("when keys were last used is not all known: OpenAI refused to list API keys"));
}

TEST_CASE_METHOD(Fixture, "another machine's key goes by every kind of id and by its name, each of them whole") {
    const auto revoked_by = [&](const Json& account, const std::string& reference) {
        INFO(reference);
        const Reply reply = ephd.call("DELETE", "/v1/keys/" + reference);
        INFO(reply.text);
        CHECK(reply.status == 200);
        CHECK_FALSE(sim.has(account.at("name")));
    };
    const auto name = [](const std::string& label) {
        return "eph-" + label + "-20260615T120000Z-exp-20990615T140000Z-a1b2c3";
    };
    const Json by_account = seeded(name("one")), by_key = seeded(name("two")), by_name = seeded(name("three"));
    revoked_by(by_account, by_account.at("id"));
    revoked_by(by_key, by_key.at("keys").at(0).at("id"));
    revoked_by(by_name, by_name.at("name"));
    CHECK(ephd.get("/v1/keys").at("keys").empty());
    seeded(name("four"));
    for (const std::string reference :
         {"e", "eph-", "eph-fou", "eph-four-20260615T120000Z-exp-20990615T140000Z-a1b2c"}) {
        INFO(reference);
        CHECK(ephd.call("DELETE", "/v1/keys/" + reference).status == 404);
    }
    CHECK(sim.live_keys() == 1);
}

TEST_CASE_METHOD(AsUsers, "where service accounts are users, a user's id and an API key's lead to the key") {
    const Json one = seeded(theirs);
    CHECK(ephd.call("DELETE", "/v1/keys/" + one.at("listed_id").get<std::string>()).status == 200);
    const Json two = seeded("eph-two-20260615T120000Z-exp-20990615T140000Z-a1b2c3");
    CHECK(ephd.call("DELETE", "/v1/keys/" + two.at("keys").at(0).at("id").get<std::string>()).status == 200);
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(OtherIds, "a key of ours goes by the id that only the list has, and by its API key's") {
    for (const bool by_key : {false, true}) {
        const std::string name = ephd.create_key().at("key").at("name");
        const Json account = sim.state().at("accounts").back();
        const std::string reference = by_key ? account.at("keys").at(0).at("id") : account.at("listed_id");
        CHECK(ephd.call("DELETE", "/v1/keys/" + reference).status == 200);
        CHECK_FALSE(sim.has(name));
    }
}

TEST_CASE_METHOD(Fixture, "what no tool of this kind made is left alone, by whatever it is named") {
    const Json account = seeded("production");
    for (const std::string& reference : {account.at("id").get<std::string>(), std::string{"production"},
                                         account.at("keys").at(0).at("id").get<std::string>()}) {
        INFO(reference);
        const Reply reply = ephd.call("DELETE", "/v1/keys/" + reference);
        CHECK(reply.status == 403);
        CHECK(reply.json().at("error").at("message") ==
              "'production' is not a key that eph made, so eph leaves it alone");
    }
    CHECK(ephd.call("DELETE", "/v1/keys/prod").status == 404);
    CHECK(sim.has("production"));
}

TEST_CASE_METHOD(Fixture, "several keys are revoked by one command, each is told, and the status says if any failed") {
    const std::string one = ephd.create_key().at("key").at("id"), two = ephd.create_key().at("key").at("id");
    const Finished done = eph_keys({"revoke", one, "nothing", two});
    CHECK(done.status == 125);
    CHECK_THAT(done.err, Contains("key " + one + " is revoked") && Contains("there is no key 'nothing'") &&
                             Contains("key " + two + " is revoked"));
    CHECK(sim.live_keys() == 0);
    CHECK(eph_keys({"revoke", one, two}).status == 0);
    CHECK(eph_keys({"revoke"}).status == 64);
}

TEST_CASE_METHOD(Fixture, "a list that cannot be read is not taken for a key that is not there") {
    sim.fault({{"kind", "status"}, {"status", 503}, {"times", -1}, {"match", {{"method", "GET"}}}});
    CHECK(ephd.call("DELETE", "/v1/keys/" + std::string{theirs}).status == 502);
}
