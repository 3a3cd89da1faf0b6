// What eph-sim keeps in mind between calls: pages, ids, deletions, expiry.
#include <fmt/format.h>

#include <set>

#include "http_client.hpp"
#include "sim_process.hpp"
#include "tests/support/catch.hpp"

namespace eph::contract {
namespace {

const std::string kProject = "/v1/organization/projects/proj_sim";
const std::string kAccounts = kProject + "/service_accounts";
constexpr const char* kAdmin = "Authorization: Bearer sk-admin-sim";

nlohmann::json get(HttpClient& client, const std::string& target) {
    return client.call("GET", target, {}, kAdmin).json();
}

nlohmann::json create(HttpClient& client, const std::string& body) {
    return client.call("POST", kAccounts, body, kAdmin).json();
}

unsigned remove(HttpClient& client, const std::string& id) {
    return client.call("DELETE", kAccounts + "/" + id, {}, kAdmin).status;
}

// Follows the pages to the end.
std::vector<std::string> all_names(HttpClient& client, int limit) {
    std::vector<std::string> names;
    std::string after;
    for (bool more = true; more;) {
        const auto page = get(client, fmt::format("{}?limit={}{}", kAccounts, limit, after));
        for (const auto& account : page.at("data")) names.push_back(account.at("name"));
        more = page.at("has_more");
        if (more) after = "&after=" + page.at("last_id").get<std::string>();
    }
    return names;
}

}  // namespace

TEST_CASE("45 accounts come in pages, each of them once") {
    const SimProcess sim;
    HttpClient client{sim.port()};
    client.call("POST", "/_sim/accounts", R"({"name": "other-{n}", "count": 45, "created_at": 1700000000})");
    const auto first = get(client, kAccounts);
    CHECK(first.at("data").size() == 20);
    CHECK(first.at("has_more") == true);
    CHECK(first.at("data")[0].at("created_at") == 1700000000);
    for (const int limit : {1, 20, 44, 45, 100}) {
        const auto names = all_names(client, limit);
        CHECK(names.size() == 45);
        CHECK(std::set<std::string>(names.begin(), names.end()).size() == 45);
    }
}

TEST_CASE("a page goes on after an account that was deleted meanwhile") {
    const SimProcess sim;
    HttpClient client{sim.port()};
    client.call("POST", "/_sim/accounts", R"({"name": "other-{n}", "count": 3})");
    const std::string first = get(client, kAccounts + "?limit=1").at("last_id");
    CHECK(remove(client, first) == 200);
    CHECK(get(client, kAccounts + "?after=" + first).at("data").size() == 2);
    CHECK(client.call("GET", kAccounts + "?after=unknown", {}, kAdmin).status == 400);
}

TEST_CASE("a deleted account is gone from every list") {
    const SimProcess sim;
    HttpClient client{sim.port()};
    const auto created = create(client, R"({"name": "eph-a"})");
    const std::string id = created.at("id"), key = created.at("api_key").at("id");
    CHECK(remove(client, id) == 200);
    CHECK(remove(client, id) == 404);
    CHECK(client.call("GET", kAccounts + "/" + id, {}, kAdmin).status == 404);
    CHECK(client.call("GET", kProject + "/api_keys/" + key, {}, kAdmin).status == 404);
    CHECK(get(client, kAccounts).at("data").empty());
    CHECK(get(client, kProject + "/api_keys?owner_project_access=any").at("data").empty());
    CHECK(client.call("GET", "/_sim/state").json().at("live_keys") == 0);
}

TEST_CASE("an account can vanish behind eph's back") {
    const SimProcess sim;
    HttpClient client{sim.port()};
    const std::string id = create(client, R"({"name": "eph-a"})").at("id");
    CHECK(client.call("POST", "/_sim/delete-account", R"({"name": "eph-a"})").status == 200);
    CHECK(remove(client, id) == 404);
}

TEST_CASE("ids have the shape that was asked for") {
    const auto created_id = [](const char* shape) {
        const SimProcess sim{{"--id-shape", shape}};
        HttpClient client{sim.port()};
        return create(client, R"({"name": "eph-a"})").at("id").get<std::string>();
    };
    CHECK(created_id("svc_acct").starts_with("svc_acct_"));
    CHECK(created_id("user").starts_with("user-"));
    CHECK(created_id("service_account").starts_with("service_account_"));
    CHECK(created_id("uuid").size() == 36);
}

TEST_CASE("where lists give another id than create, DELETE takes the one it was told to") {
    const auto answers = [](const char* delete_by) {
        const SimProcess sim{{"--list-id-differs", "--delete-by", delete_by}};
        HttpClient client{sim.port()};
        const std::string created = create(client, R"({"name": "eph-a"})").at("id");
        const std::string listed = get(client, kAccounts).at("data")[0].at("id");
        CHECK(created != listed);
        CHECK(client.call("GET", kAccounts + "/" + created, {}, kAdmin).status == 200);
        const unsigned by_created = remove(client, created);
        return std::pair{by_created, remove(client, listed)};
    };
    CHECK(answers("list") == std::pair{404U, 200U});
    CHECK(answers("create") == std::pair{200U, 404U});
    CHECK(answers("both") == std::pair{200U, 404U});
}

TEST_CASE("service accounts as users are neither listed nor deleted as service accounts") {
    const SimProcess sim{{"--service-accounts-as-users"}};
    HttpClient client{sim.port()};
    const std::string id = create(client, R"({"name": "eph-a"})").at("id");
    CHECK(get(client, kAccounts).at("data").empty());
    CHECK(remove(client, id) == 404);
    const std::string user = get(client, kProject + "/users").at("data")[1].at("id");
    CHECK(user.starts_with("user-"));
    CHECK(client.call("DELETE", kProject + "/users/" + user, {}, kAdmin).status == 200);
    CHECK(client.call("GET", "/_sim/state").json().at("live_keys") == 0);
}

TEST_CASE("keys of accounts without a role are listed only on request") {
    const SimProcess sim;
    HttpClient client{sim.port()};
    create(client, R"({"name": "member"})");
    const std::string bare = create(client, R"({"name": "bare", "create_service_account_only": true})").at("id");
    CHECK(client.call("POST", kAccounts + "/" + bare + "/api_keys", "{}", kAdmin).status == 200);
    const auto listed = [&](const std::string& query) {
        return get(client, kProject + "/api_keys" + query).at("data").size();
    };
    CHECK(listed("") == 1);
    CHECK(listed("?owner_project_access=any") == 2);
    CHECK(listed("?owner_project_access=active") == 1);
    CHECK(listed("?owner_project_access=inactive") == 1);
}

TEST_CASE("an expired key cannot be changed, and each change counts from now") {
    const SimProcess sim;
    HttpClient client{sim.port()};
    const auto created = create(client, R"({"name": "eph-a", "expires_in_seconds": 60})");
    const std::string key = kProject + "/api_keys/" + created.at("api_key").at("id").get<std::string>();
    const auto extend = [&] { return client.call("POST", key, R"({"expires_in_seconds": 60})", kAdmin).status; };
    client.call("POST", "/_sim/clock", R"({"advance_seconds": 50})");
    CHECK(extend() == 200);
    client.call("POST", "/_sim/clock", R"({"advance_seconds": 50})");
    CHECK(extend() == 200);
    client.call("POST", "/_sim/clock", R"({"advance_seconds": 61})");
    CHECK(extend() == 400);
}

TEST_CASE("a wrong method is 405 and an unknown path 404") {
    const SimProcess sim;
    HttpClient client{sim.port()};
    const Reply wrong = client.call("PUT", kAccounts, "{}", kAdmin);
    CHECK(wrong.status == 405);
    CHECK(wrong.header("Allow") == "GET, POST");
    CHECK(client.call("GET", kProject + "/nothing", {}, kAdmin).status == 404);
    CHECK(client.call("GET", "/", {}, kAdmin).status == 404);
    CHECK(client.call("GET", "/_sim/nothing").status == 404);
}

}  // namespace eph::contract
