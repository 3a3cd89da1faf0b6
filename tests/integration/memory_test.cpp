// What ephd's memory holds: the admin key in one locked page, however it came, and of what is handed out nothing.
#include "tests/integration/support/memory.hpp"
#include "tests/integration/support/broker_world.hpp"
#include "tests/integration/support/brokered.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

namespace {

using Secrets = std::vector<std::string>;

// "" where the secret is in so many pages that are locked and kept out of dumps, and nowhere else.
std::string astray(const Daemon& ephd, const Secrets& secrets, std::size_t kept) {
    std::string wrong;
    const bool settled = eventually(
        [&] {
            const std::vector<Sighting> all = sightings(ephd.pid(), secrets);
            const bool secret =
                std::all_of(all.begin(), all.end(), [](const Sighting& each) { return each.kept_as_a_secret(); });
            wrong = std::to_string(all.size()) + " places:\n" + told(all);
            return secret && all.size() == kept;
        },
        2s);
    return settled ? "" : wrong;
}

struct Issues {
    Secrets secrets;

    void key(Daemon& ephd, const Variables& headers = {}) {
        const Json made = ephd.post("/v1/keys", Json::object(), 201, headers);
        secrets.push_back(made.at("secret"));
        CHECK(ephd.call("DELETE", "/v1/keys/" + made.at("key").at("id").get<std::string>(), nullptr, headers).status ==
              200);
    }
    std::unique_ptr<LeaseConnection> session(Daemon& ephd, const Json& request, const Variables& headers = {},
                                             Json* said = nullptr) {
        auto lease = ephd.session(request, headers);
        const Json first = lease->event().value();
        INFO(first.dump());
        REQUIRE(lease->status() == 201);
        if (!first.at("secret").get<std::string>().empty()) secrets.push_back(first.at("secret"));
        if (said != nullptr) *said = first;
        return lease;
    }
};

struct Fixture {
    Variables brought() const {
        return {{"Eph-Admin-Key", admin_key}, {"Eph-Project-Id", project}, {"Eph-Base-Url", sim.base_url()}};
    }
    // Does what uses the admin key, and holds a session; then looks.
    void check(Daemon& ephd, const std::string& how, const Variables& headers = {}) {
        INFO("the admin key came by " << how);
        Issues issued;
        issued.key(ephd, headers);
        {
            const auto lease = issued.session(ephd, {{"host", "web"}, {"ttl_seconds", 600}}, headers);
            CHECK(astray(ephd, {admin_key}, 1) == "");
            CHECK(astray(ephd, issued.secrets, 0) == "");
        }
        CHECK(eventually([&] { return sim.live_keys() == 0; }));
        // A client's key stays until the last of its keys is recorded as revoked.
        const std::size_t left = headers.empty() ? 1 : 0;
        std::string found;
        CHECK(eventually([&] { return (found = astray(ephd, {admin_key}, left)).empty(); }));
        CHECK(found == "");
        CHECK(astray(ephd, issued.secrets, 0) == "");
    }

    Sim sim;
    TempHome home;
};

}  // namespace

TEST_CASE_METHOD(Fixture,
                 "the admin key is in one locked page of ephd, whether it came by environment, file or command") {
    if (!memory_can_be_read()) return;
    const Variables address{{"EPH_OPENAI_BASE_URL", sim.base_url()}};
    SECTION("environment") {
        Daemon ephd{home, sim};
        check(ephd, "the environment");
    }
    SECTION("credential") {
        write_file(home.path("credentials/openai-admin-key"), std::string{admin_key} + "\n");
        write_file(home.path("credentials/openai-project-id"), std::string{project} + "\n");
        Variables variables = address;
        variables["CREDENTIALS_DIRECTORY"] = home.path("credentials");
        Daemon ephd{home, variables};
        check(ephd, "a systemd credential");
    }
    SECTION("file") {
        write_file(
            home.config(),
            Json{{"openai", {{"admin_key", admin_key}, {"project_id", project}, {"base_url", sim.base_url()}}}}.dump());
        Daemon ephd{home, address};
        check(ephd, "config.json");
    }
    SECTION("command") {
        const std::string command = "cat " + home.path("key").string();
        write_file(home.path("key"), std::string{admin_key} + "\n");
        write_file(
            home.config(),
            Json{{"openai",
                  {{"store", "command"}, {"command", command}, {"project_id", project}, {"base_url", sim.base_url()}}}}
                .dump());
        Daemon ephd{home, address};
        check(ephd, "a command");
    }
    SECTION("header") {
        Daemon ephd{home, address};
        check(ephd, "a request's header", brought());
    }
    for (const char* store : {"file", "memory"}) {
        SECTION(std::string{"auth setup, "} + store) {
            Daemon ephd{home};
            const Json wanted = {
                {"admin_key", admin_key}, {"project", project}, {"base_url", sim.base_url()}, {"store", store}};
            CHECK(ephd.call("PUT", "/v1/accounts/openai", wanted).status == 200);
            check(ephd, "eph auth setup");
        }
    }
}

TEST_CASE("over TLS, too, the admin key is in one locked page of ephd, and keys in none") {
    if (!memory_can_be_read()) return;
    TempHome home;
    Sim sim{{"--tls", "--tls-cert-out", home.path("sim.pem")}};
    Variables account = Daemon::account(sim);
    account["EPH_OPENAI_BASE_URL"] = "https://127.0.0.1:" + std::to_string(sim.port()) + "/v1";
    account["SSL_CERT_FILE"] = home.path("sim.pem");
    Daemon ephd{home, account};
    Issues issued;
    for (int i = 0; i < 10; ++i) issued.key(ephd);
    const auto lease = issued.session(ephd, {{"host", "web"}, {"ttl_seconds", 600}});
    CHECK(astray(ephd, {admin_key}, 1) == "");
    CHECK(astray(ephd, issued.secrets, 0) == "");
}

TEST_CASE_METHOD(BrokeredWorld,
                 "through the broker the key is in one locked page while the session lives, the token in none") {
    if (!memory_can_be_read()) return;
    start();
    works();
    const std::string key = sim.state().at("accounts").at(0).at("keys").at(0).at("value");
    CHECK(astray(ephd, {key}, 1) == "");
    CHECK(astray(ephd, {token}, 0) == "");
    CHECK(astray(ephd, {admin_key}, 1) == "");
    CHECK(end("agent_exited").status == 200);
    CHECK(astray(ephd, {key, token}, 0) == "");
    CHECK(astray(ephd, {admin_key}, 1) == "");
}

TEST_CASE_METHOD(BrokeredWorld, "an agent's connection that stays open holds no token in ephd between its requests") {
    if (!memory_can_be_read()) return;
    start();
    const auto connection = connect();
    for (int i = 0; i < 3; ++i) {
        connection->send("GET /openai/v1/models HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token +
                         "\r\n\r\n");
        sim.wait_for_answered("GET /models", i + 1);
        CHECK(astray(ephd, {token}, 0) == "");
    }
}

TEST_CASE("an account's own key that the broker puts in over TLS is in one locked page of ephd") {
    if (!memory_can_be_read()) return;
    TempHome home;
    Sim sim{{"--tls", "--tls-cert-out", home.path("sim.pem"), "--model-key", real_key}};
    Daemon ephd{home,
                {{"ANTHROPIC_API_KEY", real_key},
                 {"EPH_ANTHROPIC_BASE_URL", "https://127.0.0.1:" + std::to_string(sim.port())},
                 {"SSL_CERT_FILE", home.path("sim.pem")}}};
    Issues issued;
    const auto lease =
        ephd.session({{"host", "web"}, {"provider", "anthropic"}, {"credential", "broker"}, {"endpoint", "port"}});
    const Json first = lease->event().value();
    const std::string token = first.at("secret");
    for (const std::size_t size : {10U, 100'000U, 1'000'000U}) {  // in one record, in several, and piece by piece
        const Json question = {{"model", "claude-sonnet-4-5"},
                               {"max_tokens", 100},
                               {"messages", {{{"role", "user"}, {"content", std::string(size, 'x')}}}}};
        HttpConnection connection{first.at("broker").at("port").get<int>()};
        connection.request("POST", "/anthropic/v1/messages", question.dump(),
                           {{"x-api-key", token}, {"Content-Type", "application/json"}});
        const Reply reply = connection.reply();
        INFO(reply.text);
        CHECK(reply.status == 200);
        CHECK(astray(ephd, {real_key}, 1) == "");
        CHECK(astray(ephd, {token}, 0) == "");
    }
}

TEST_CASE_METHOD(Fixture, "after a thousand sessions nothing of what they were given is in ephd's memory") {
    if (!memory_can_be_read()) return;
    Daemon ephd{home, sim};
    Issues issued;
    std::vector<std::unique_ptr<LeaseConnection>> living;
    for (int i = 0; i < 1000; ++i) {
        const bool broker = i % 4 == 0;
        const Json request = {{"host", "web" + std::to_string(i)},
                              {"ttl_seconds", 600},
                              {"credential", broker ? "broker" : "key"},
                              {"endpoint", "port"}};
        Json first;
        living.push_back(issued.session(ephd, request, {}, &first));
        if (broker) {  // its token and its key are used
            HttpConnection agent{first.at("broker").at("port").get<int>()};
            agent.request("GET", "/openai/v1/models", "", {{"Authorization", "Bearer " + issued.secrets.back()}});
            CHECK(agent.reply().status == 200);
        }
        if (living.size() == 50) living.clear();
    }
    CHECK(eventually([&] { return sim.live_keys() == 0; }));
    const Json state = sim.state();
    for (const Json& account : state.at("accounts")) issued.secrets.push_back(account.at("keys").at(0).at("value"));
    CHECK(issued.secrets.size() == 2000);  // 750 keys twice, and 250 tokens with the keys behind them
    CHECK(astray(ephd, issued.secrets, 0) == "");
    CHECK(astray(ephd, {admin_key}, 1) == "");
}
