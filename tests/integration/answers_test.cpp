// What a provider answers that is too much, that tells of something else, or that nobody else is to read.
#include <sstream>

#include "tests/integration/support/faulty_provider.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

constexpr const char* expired = "eph-old{n}-20260101T000000Z-exp-20260101T020000Z-a1b2c3";

struct Fixture : FaultyProvider {
    Fixture() { sim.wait_for_answered("GET /users"); }  // the comparison at the start
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a credential that a provider repeats is in no answer, no log and no file of ephd's") {
    const std::string id = ephd.create_key().at("key").at("id");
    const Json error = {{"error", {{"message", "Incorrect API key provided: " + std::string{admin_key} + "."}}}};
    for (const char* method : {"DELETE", "POST", "GET"}) {
        const int times = std::string{method} == "DELETE" ? 1 : -1;
        sim.fault(
            {{"kind", "status"}, {"status", 500}, {"times", times}, {"body", error}, {"match", {{"method", method}}}});
    }
    const std::vector<Reply> replies{ephd.call("DELETE", "/v1/keys/" + id),
                                     ephd.call("POST", "/v1/keys", Json::object()),
                                     ephd.call("POST", "/v1/cleanup", Json::object())};
    for (const Reply& each : replies) {
        CHECK_THAT(each.text, Contains("Incorrect API key provided: [credential]."));
        CHECK(each.text.find(admin_key) == std::string::npos);
    }
    CHECK_THAT(ephd.program().err(), Contains("[credential]"));
    CHECK(ephd.program().err().find(admin_key) == std::string::npos);
    for (const auto& each : fs::recursive_directory_iterator{home.path("state")}) {
        INFO(each.path().string());
        if (each.is_regular_file()) CHECK(read_file(each.path()).find(admin_key) == std::string::npos);
    }
}

TEST_CASE_METHOD(Fixture, "a creation that is answered with what cannot be a key is revoked by its name") {
    const std::string values[] = {"sk-sv\u00e4cct", "sk-svcacct\x7f", std::string(5'000, 'a')};
    for (const std::string& value : values) {
        const Json body = {{"id", "svc_acct_1"}, {"api_key", {{"id", "key_1"}, {"value", value}}}};
        sim.fault(
            {{"kind", "status"}, {"status", 200}, {"effect", true}, {"body", body}, {"match", {{"method", "POST"}}}});
        const Reply reply = ephd.call("POST", "/v1/keys", Json::object());
        CHECK(reply.status == 502);
        CHECK(reply.json().at("error").at("message") == "OpenAI's answer cannot be read: 'api_key.value' is not a key");
        CHECK(eventually([&] { return sim.live_keys() == 0; }));
    }
    CHECK(sim.state().at("accounts").size() == 3);
}

TEST_CASE_METHOD(Fixture, "of more keys than one comparison takes the rest is told, and waits for the next") {
    sim.seed(expired, 5'200);
    sim.fault({{"kind", "status"},
               {"status", 429},
               {"times", -1},
               {"headers", {{"Retry-After", "600"}}},
               {"match", {{"method", "DELETE"}}}});
    const Json cleaned = ephd.post("/v1/cleanup", Json::object(), 200);
    CHECK(cleaned.at("listed") == 5'200);
    CHECK(cleaned.at("pending") == 5'000);
    CHECK(cleaned.at("notes") == Json{"200 more keys are over in project proj_test: run eph cleanup again"});
    const Json again = ephd.post("/v1/cleanup", Json::object(), 200);
    CHECK(again.at("pending") == 5'200);
    CHECK(again.at("notes").empty());
}

TEST_CASE_METHOD(Fixture, "a list with more than any project has is given up") {
    constexpr int pages = 9;  // together more than is read
    for (int i = 0; i < pages; ++i) {
        const std::string id = "svc_" + std::to_string(i);
        const Json page = {{"data", {{{"id", id}, {"name", "team"}}}}, {"has_more", true}, {"last_id", id}};
        const std::string body = std::string(7'500'000, ' ') + page.dump();
        sim.fault({{"kind", "status"}, {"status", 200}, {"body", body}, {"match", {{"method", "GET"}}}});
    }
    CHECK(ephd.post("/v1/cleanup", Json::object(), 502).at("error").at("message") ==
          "OpenAI's list of service accounts does not end");
    CHECK(sim.requests("service_accounts after=").size() == pages - 1);
}

TEST_CASE_METHOD(Fixture, "an informational answer is not the answer: what comes later is of the same request") {
    const std::string slow = ephd.create_key().at("key").at("id");
    const std::string failing = ephd.create_key().at("key").at("id");
    sim.fault(on("DELETE", {{"kind", "interim"}, {"delay_ms", 300}}));
    sim.fault(on("DELETE", {{"kind", "status"}, {"status", 500}, {"times", -1}}));
    CHECK(ephd.call("DELETE", "/v1/keys/" + slow).status == 200);
    CHECK(ephd.call("DELETE", "/v1/keys/" + failing).status == 202);
    CHECK(sim.live_keys() == 1);
    sim.clear_faults();
    CHECK(ephd.call("DELETE", "/v1/keys/" + failing).status == 200);

    sim.fault(on("POST", {{"kind", "interim"}, {"status", 100}, {"items", 16}}));
    CHECK(ephd.create_key().at("key").at("state") == "live");
}

TEST_CASE_METHOD(Fixture, "a creation that is answered with nothing but informational answers is looked for") {
    sim.fault(on("POST", {{"kind", "interim"}, {"items", 17}}));
    CHECK(refused().at("message") == authority() + " answered with more than 16 informational answers");
    sim.fault(on("POST", {{"kind", "interim"}, {"status", 101}}));
    CHECK(refused().at("message") == authority() + " answered with the status 101, which ends no request");
}

TEST_CASE_METHOD(Fixture, "a deletion that is confirmed for another account is not believed") {
    const std::string id = ephd.create_key().at("key").at("id");
    sim.fault(on("DELETE", {{"kind", "status"},
                            {"status", 200},
                            {"body", R"({"id": "svc_acct_of_another", "deleted": true})"},
                            {"times", 1}}));
    CHECK(ephd.call("DELETE", "/v1/keys/" + id).status == 200);
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(Fixture, "a creation that is answered with somebody else's account harms nobody's") {
    sim.seed("production backend");
    const std::string id = sim.state().at("accounts").at(0).at("id");
    sim.fault(on("POST", {{"kind", "status"},
                          {"status", 200},
                          {"effect", true},
                          {"body",
                           {{"id", id},
                            {"name", "production backend"},
                            {"api_key", {{"id", "key_1"}, {"value", "sk-svcacct-of-another"}}}}}}));
    const Reply reply = ephd.call("POST", "/v1/keys", Json::object());
    CHECK(reply.status == 502);
    CHECK(reply.json().at("error").at("message") == "OpenAI's answer cannot be read: it tells of 'production backend'");
    CHECK(eventually([&] { return sim.live_keys() == 1; }));
    CHECK(sim.has("production backend"));
}
