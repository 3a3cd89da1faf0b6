// Two that change one account at the same time: what is stored has been tried.
#include "tests/integration/support/person.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

namespace {

struct Fixture : Person {
    Fixture() { start_daemon(); }

    // A request under way, and another one that changes the same account meanwhile.
    void put_other() {
        const Json other = {{"admin_key", admin_key},
                            {"store", "file"},
                            {"project", second_project},
                            {"base_url", sim.base_url() + "/"}};
        CHECK(ephd->call("PUT", "/v1/accounts/openai", other).status == 200);
        CHECK(stored().at("project_id") == second_project);
    }
    Json stored() const { return Json::parse(configuration()).at("openai"); }
    // That the last check asked for.
    std::string tried() { return sim.requests("GET service_accounts").back().at("path"); }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "an account is stored as it was tried, whatever has become of the stored one meanwhile") {
    REQUIRE(set_up({"--store", "file"}).status == 0);
    const Latch latch{home.path("latch")};
    HttpConnection first{home.socket()};
    first.request("PUT", "/v1/accounts/openai", Json{{"store", "command"}, {"command", latch.command()}}.dump());
    REQUIRE(eventually([&] { return latch.times() == 1; }));
    put_other();
    latch.give(admin_key);
    const Reply reply = first.reply();
    INFO(reply.text);
    CHECK(reply.status == 200);
    CHECK(tried().find(project) != std::string::npos);
    CHECK(stored().at("project_id") == project);
    CHECK(stored().at("store") == "command");
    CHECK(stored().at("base_url") == sim.base_url());
    CHECK(reply.json().at("account").at("project") == project);
}

TEST_CASE_METHOD(Fixture, "what a store does not take goes to the file as it was tried") {
    configure(Json{{"openai", {{"project_id", project}, {"base_url", sim.base_url()}}}}.dump());
    const Latch latch{home.path("latch")};
    install("secret-tool", "test \"$1\" = store || exit 0\n" + latch.command() + "\nexit 1\n");
    HttpConnection first{home.socket()};
    first.request("PUT", "/v1/accounts/openai", Json{{"admin_key", admin_key}}.dump());
    REQUIRE(eventually([&] { return latch.times() == 1; }));
    put_other();
    latch.give("");
    const Reply reply = first.reply();
    INFO(reply.text);
    CHECK(reply.status == 200);
    CHECK(reply.json().at("account").at("source") == "file");
    CHECK(stored().at("project_id") == project);
    CHECK(stored().at("base_url") == sim.base_url());
}
