// Sessions through the broker at a provider that makes no keys: the account's own credential is put in, and whose it
// is stays so.
#include <fstream>

#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

namespace {

constexpr const char* real_key = "sk-ant-api03-real";
constexpr const char* next_key = "sk-ant-api03-next";

struct Fixture {
    Fixture() : sim({"--model-key", real_key, "--model-key", next_key}) {
        configure(real_key);
        ephd = std::make_unique<Daemon>(home);
    }
    void configure(const char* key) {
        const Json account = {{"api_key", key}, {"base_url", address()}};
        std::filesystem::create_directories(home.config().parent_path());
        const std::filesystem::path next = home.config().string() + ".next";
        std::ofstream{next} << Json{{"anthropic", account}};
        std::filesystem::permissions(next, std::filesystem::perms{0600});
        std::filesystem::rename(next, home.config());
    }
    std::string address() const { return "http://127.0.0.1:" + std::to_string(sim.port()); }

    void start(Json extra = Json::object(), const Variables& headers = {}) {
        Json request = {{"host", "web"}, {"provider", "anthropic"}, {"credential", "broker"}, {"ttl_seconds", 600}};
        request.update(extra);
        lease = ephd->session(request, headers);
        const auto first = lease->event();
        REQUIRE(first);
        INFO(first->dump());
        REQUIRE(lease->status() == 201);
        issued = *first;
        session = issued.at("session").at("id");
    }
    Reply ask() const {
        HttpConnection agent{std::filesystem::path{issued.at("broker").at("socket").get<std::string>()}};
        const Json question = {{"model", "claude-sonnet-4-5"},
                               {"max_tokens", 100},
                               {"messages", {{{"role", "user"}, {"content", "hello"}}}}};
        agent.request("POST", "/anthropic/v1/messages", question.dump(),
                      {{"x-api-key", issued.at("secret").get<std::string>()},
                       {"anthropic-version", "2023-06-01"},
                       {"Content-Type", "application/json"}});
        return agent.reply();
    }
    void works_with(const std::string& key) {
        const Reply reply = ask();
        INFO(reply.text);
        CHECK(reply.status == 200);
        CHECK(reply.text.find("You said: hello") != reply.text.npos);
        const Json call = sim.requests("/v1/messages").back();
        INFO(call.dump(1));
        CHECK(call.at("headers").at("x-api-key") == key);
    }
    void restart(const Variables& headers = {}) {
        ephd->kill9();
        ephd->start();
        lease = std::make_unique<LeaseConnection>(home.socket(), "GET", "/v1/sessions/" + session + "/lease", nullptr,
                                                  headers);
        CHECK(lease->event()->at("event") == "held");
    }
    Json look() { return ephd->get("/v1/sessions/" + session); }

    Sim sim;
    TempHome home;
    std::unique_ptr<Daemon> ephd;
    std::unique_ptr<LeaseConnection> lease;
    Json issued;
    std::string session;
};

}  // namespace

TEST_CASE_METHOD(Fixture, "an account's own key is put in for the token, and no key is made or revoked") {
    start();
    CHECK(issued.at("broker").at("base_path") == "/anthropic");
    CHECK(issued.at("session").at("key") == "");
    CHECK(issued.at("key").at("id") == "");
    CHECK(issued.dump().find(real_key) == std::string::npos);
    works_with(real_key);
    const Json model = look().at("usage").at("models").at(0);
    CHECK(model.at("model") == "claude-sonnet-4-5");
    CHECK(model.at("output_tokens") > 0);
    const Reply ended = ephd->call("DELETE", "/v1/sessions/" + session, {{"reason", "agent_exited"}});
    CHECK(ended.status == 200);
    CHECK(ended.json().at("confirmed") == true);
    CHECK(ended.json().at("session").at("usage").at("requests") == 1);
    CHECK(ephd->get("/v1/keys?all=1").at("keys").empty());
    CHECK(sim.requests("organization").empty());
}

TEST_CASE_METHOD(Fixture, "the next ephd has the account's key again from where it is kept") {
    start();
    restart();
    works_with(real_key);
    CHECK(ephd->post("/v1/sessions/" + session + "/extend", {{"seconds", 60}}, 200).at("expires_at") ==
          issued.at("session").at("expires_at").get<std::int64_t>() + 60);
}

TEST_CASE_METHOD(Fixture, "a session without a key ends at its deadline, also under the next ephd") {
    start({{"ttl_seconds", 2}});
    restart();
    CHECK(lease->event()->at("reason") == "deadline");
    CHECK(ask().status == 403);
    CHECK(look().at("state") == "over");
}

TEST_CASE_METHOD(Fixture, "a key from the client's environment stays this session's own") {
    const Variables mine{{"Eph-Provider", "anthropic"}, {"Eph-Admin-Key", next_key}, {"Eph-Base-Url", address()}};
    start(Json::object(), mine);
    works_with(next_key);
    (void)ephd->get("/v1/status");  // whatever asks, the account stays at hand
    restart(mine);
    works_with(next_key);
}

TEST_CASE_METHOD(Fixture, "a key that its provider no longer takes is read again, and the person hears of it") {
    start();
    works_with(real_key);
    sim.fault({{"kind", "status"}, {"status", 401}, {"match", {{"path_contains", "messages"}}}});
    CHECK(ask().status == 403);
    CHECK(lease->event()->at("event") == "credential_refused");
    CHECK(ephd->get("/v1/status").at("notes") ==
          Json{"session " + session + ": Anthropic refuses the credential that ephd holds"});
    configure(next_key);
    works_with(next_key);
    CHECK(ephd->get("/v1/status").at("notes").empty());
}

TEST_CASE_METHOD(Fixture, "an account that a session works with is removed only together with the session") {
    start();
    const Reply busy = ephd->call("DELETE", "/v1/accounts/anthropic");
    CHECK(busy.status == 409);
    CHECK(busy.json().at("error").at("message") == "1 session works with the account default");
    works_with(real_key);
    CHECK(ephd->call("DELETE", "/v1/accounts/anthropic?revoke=1").status == 200);
    CHECK(lease->event()->at("reason") == "account_removed");
    CHECK(ask().status == 403);
}
