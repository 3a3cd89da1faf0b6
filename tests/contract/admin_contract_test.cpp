// Every call of the Admin API that eph-sim simulates, held against OpenAI's description on both sides.
#include <fmt/format.h>

#include "http_client.hpp"
#include "openai_description.hpp"
#include "sim_process.hpp"
#include "tests/support/catch.hpp"

namespace eph::contract {
namespace {

const std::string kProject = "/v1/organization/projects/proj_sim";
const std::string kAccounts = kProject + "/service_accounts";
const std::string kKeys = kProject + "/api_keys";
const std::string kUsers = kProject + "/users";
constexpr const char* kAdmin = "Authorization: Bearer sk-admin-sim";

// Makes each call, and checks what is sent and what comes back.
class DescribedClient {
public:
    explicit DescribedClient(const SimProcess& sim) : client_{sim.port()} {}

    Reply call(const std::string& method, const std::string& target, const std::string& body = {},
               const std::string& credential = kAdmin) {
        const auto question = std::min(target.find('?'), target.size());
        const std::string path = target.substr(0, question);
        const std::string query = question < target.size() ? target.substr(question + 1) : "";
        INFO(method << " " << target << " " << body);
        CHECK(description_.check_request(method, path, query, body) == Violations{});
        Reply reply = client_.call(method, target, body, credential);
        INFO(reply.status << " " << reply.body);
        CHECK(description_.check_response(method, path, reply.status, reply.body) == Violations{});
        return reply;
    }

    // For bad requests, of which only the answer must be as described.
    Reply wrong_call(const std::string& method, const std::string& target, const std::string& body) {
        Reply reply = client_.call(method, target, body, kAdmin);
        INFO(method << " " << target << " " << body << " " << reply.body);
        const std::string path = target.substr(0, target.find('?'));
        CHECK(description_.check_response(method, path, reply.status, reply.body) == Violations{});
        return reply;
    }

private:
    OpenAiDescription description_ = OpenAiDescription::find().value();
    HttpClient client_;
};

}  // namespace

TEST_CASE("service accounts: all calls are as described", "[description]") {
    const SimProcess sim;
    DescribedClient client{sim};
    CHECK(client.call("GET", kProject).status == 200);
    CHECK(client.call("GET", kAccounts).json().at("first_id").is_null());

    const auto created = client.call("POST", kAccounts, R"({"name": "eph-a", "expires_in_seconds": 60})").json();
    CHECK(created.at("role") == "member");
    CHECK(created.at("api_key").at("expires_at") == created.at("created_at").get<int>() + 60);
    const auto bare = client.call("POST", kAccounts, R"({"name": "b", "create_service_account_only": true})").json();
    CHECK(bare.at("role") == "none");
    CHECK(bare.at("api_key").is_null());

    const std::string account = kAccounts + "/" + created.at("id").get<std::string>();
    CHECK(client.call("GET", kAccounts + "?limit=1").json().at("has_more") == true);
    CHECK(client.call("GET", account).json().at("name") == "eph-a");
    CHECK(client.call("POST", account, R"({"name": "eph-c"})").json().at("name") == "eph-c");
    CHECK(client.call("POST", account + "/api_keys", R"({"name": "second"})").status == 200);
    CHECK(client.call("POST", account + "/api_keys", R"({"scopes": ["model.request"], "expires_in_seconds": 9})")
              .status == 200);
    CHECK(client.call("DELETE", account).json().at("deleted") == true);
    CHECK(client.call("DELETE", account).status == 404);
}

TEST_CASE("API keys and users: all calls are as described", "[description]") {
    const SimProcess refusing;
    DescribedClient strict{refusing};
    const auto owned = strict.call("POST", kAccounts, R"({"name": "eph-a"})").json();
    const std::string owned_key = kKeys + "/" + owned.at("api_key").at("id").get<std::string>();
    CHECK(strict.call("GET", kKeys + "?limit=100&owner_project_access=any").json().at("data").size() == 1);
    CHECK(strict.call("GET", owned_key).json().at("last_used_at").is_null());
    CHECK(strict.call("POST", owned_key, R"({"expires_in_seconds": 60})").json().contains("expires_at"));
    CHECK(strict.call("DELETE", owned_key).status == 400);

    const SimProcess allowing{{"--api-key-delete", "allow"}};
    DescribedClient lenient{allowing};
    const auto free = lenient.call("POST", kAccounts, R"({"name": "eph-a"})").json();
    const std::string free_key = kKeys + "/" + free.at("api_key").at("id").get<std::string>();
    CHECK(lenient.call("DELETE", free_key).status == 200);
    CHECK(lenient.call("GET", free_key).status == 404);

    const SimProcess among_users{{"--service-accounts-as-users"}};
    DescribedClient users{among_users};
    CHECK(users.call("POST", kAccounts, R"({"name": "eph-a"})").status == 200);
    const auto listed = users.call("GET", kUsers).json().at("data");
    REQUIRE(listed.size() == 2);
    const std::string user = kUsers + "/" + listed[1].at("id").get<std::string>();
    CHECK(users.call("GET", user).json().at("name") == "eph-a");
    CHECK(users.call("DELETE", user).status == 200);
    CHECK(users.call("DELETE", user).status == 404);
}

TEST_CASE("refusals are as described", "[description]") {
    const SimProcess sim;
    DescribedClient client{sim};
    CHECK(client.call("GET", kAccounts, {}, "").status == 401);
    const Reply wrong_key = client.call("GET", kAccounts, {}, "Authorization: Bearer sk-admin-other");
    CHECK(wrong_key.status == 401);
    CHECK(wrong_key.json().at("error").at("code") == "invalid_api_key");
    CHECK(client.call("GET", "/v1/organization/projects/proj_other/service_accounts").status == 404);
    CHECK(client.call("GET", kAccounts + "/nobody").status == 404);
    CHECK(client.call("GET", kKeys + "/nothing").status == 404);
    CHECK(client.call("GET", kUsers + "/nobody").status == 404);
    CHECK(client.call("POST", kAccounts + "/nobody/api_keys", "{}").status == 404);
    CHECK(client.wrong_call("POST", kAccounts, "{").status == 400);
    CHECK(client.wrong_call("POST", kAccounts, R"({"label": "no name"})").status == 400);
    CHECK(client.wrong_call("POST", kAccounts, R"({"name": "n", "expires_in_seconds": 0})").status == 400);
    CHECK(client.wrong_call("GET", kAccounts + "?limit=101", {}).status == 400);

    const auto created = client.call("POST", kAccounts, R"({"name": "eph-a"})").json();
    const std::string value = created.at("api_key").at("value");
    CHECK(client.call("GET", kAccounts, {}, "Authorization: Bearer " + value).status == 403);
}

TEST_CASE("policies about expires_in_seconds are refusals that name it", "[description]") {
    const SimProcess without{{"--no-expires"}};
    DescribedClient old{without};
    const Reply refused = old.call("POST", kAccounts, R"({"name": "n", "expires_in_seconds": 60})");
    CHECK(refused.status == 400);
    CHECK(refused.json().at("error").at("param") == "expires_in_seconds");
    CHECK(old.call("POST", kAccounts, R"({"name": "n"})").status == 200);

    const SimProcess capped{{"--max-expires", "100"}};
    DescribedClient strict{capped};
    CHECK(strict.call("POST", kAccounts, R"({"name": "n"})").status == 400);
    CHECK(strict.call("POST", kAccounts, R"({"name": "n", "expires_in_seconds": 101})").status == 400);
    CHECK(strict.call("POST", kAccounts, R"({"name": "n", "expires_in_seconds": 100})").status == 200);
}

}  // namespace eph::contract
