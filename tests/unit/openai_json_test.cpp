// Answers of the Admin API, whole and otherwise.
#include "daemon/providers/openai_json.hpp"

#include <nlohmann/json.hpp>

#include "tests/support/error_of.hpp"

using namespace eph;
using namespace eph::test;
using nlohmann::json;

namespace {

const json whole = {{"id", "svc_acct_1"},
                    {"object", "organization.project.service_account"},
                    {"name", "eph-x"},
                    {"role", "member"},
                    {"created_at", 1711471533},
                    {"api_key",
                     {{"id", "key_1"},
                      {"object", "x"},
                      {"value", "sk-svcacct-1"},
                      {"name", "Secret Key"},
                      {"created_at", 1711471533}}}};

std::string without(const char* pointer) {
    json document = whole;
    const json::json_pointer where{pointer};
    document[where.parent_pointer()].erase(where.back());
    return document.dump();
}

std::string with(const char* pointer, json value) {
    json document = whole;
    document[json::json_pointer{pointer}] = std::move(value);
    return document.dump();
}

void check_unreadable(const std::string& body, const std::string& why) {
    INFO(body.substr(0, 200));
    const Error error = error_of([&] { openai_json::created(body, "eph-x"); });
    CHECK(error.code() == Code::provider_unreadable);
    CHECK(error.message() == "OpenAI's answer cannot be read: " + why);
    CHECK(error.message().find("sk-svcacct") == std::string::npos);
}

AccountRef an_account() {
    auto account = std::make_shared<Account>();
    account->place = {"openai", "proj_1", "https://api.openai.com/v1"};
    account->fingerprint = "0123456789ab";
    return account;
}

}  // namespace

TEST_CASE("the answer to a creation is read whole") {
    Created created = openai_json::created(whole.dump(), "eph-x");
    CHECK(created.service_account_id == "svc_acct_1");
    CHECK(created.api_key_id == "key_1");
    CHECK(created.key.reveal() == "sk-svcacct-1");
    CHECK(openai_json::created(with("/brand_new", {{"deep", {1, 2}}}), "eph-x").service_account_id == "svc_acct_1");
    CHECK(openai_json::created(without("/api_key/id"), "eph-x").api_key_id.empty());
    CHECK(openai_json::created(without("/created_at"), "eph-x").service_account_id == "svc_acct_1");
}

TEST_CASE("what a creation's answer lacks is named") {
    check_unreadable(without("/id"), "'id' is missing");
    check_unreadable(with("/id", 5), "'id' is not a text");
    check_unreadable(with("/id", ""), "'id' is empty");
    check_unreadable(without("/api_key"), "'api_key' is missing");
    check_unreadable(with("/api_key", nullptr), "'api_key' is missing");
    check_unreadable(with("/api_key", "sk-svcacct-1"), "'api_key' is missing");
    check_unreadable(without("/api_key/value"), "'value' is missing");
    check_unreadable(with("/api_key/value", nullptr), "'value' is not a text");
    check_unreadable(with("/api_key/value", ""), "'api_key.value' is not a key");
    check_unreadable(with("/api_key/value", "sk-svcacct-1\nX: y"), "'api_key.value' is not a key");
    check_unreadable(with("/api_key/value", "sk-svcacct 1"), "'api_key.value' is not a key");
    check_unreadable(with("/api_key/value", "sk-svcacct-1\x7f"), "'api_key.value' is not a key");
    check_unreadable(with("/api_key/value", "sk-sv\u00e4cct-1"), "'api_key.value' is not a key");
    check_unreadable(with("/api_key/value", std::string(4097, 'a')), "'api_key.value' is not a key");
    const std::string longest = std::string(4095, '!') + "~";
    CHECK(openai_json::created(with("/api_key/value", longest), "eph-x").key.equals(longest));
}

TEST_CASE("an answer that is not a JSON object is unreadable") {
    for (const std::string& body :
         {std::string{}, std::string{"<html>"}, std::string{"null"}, std::string{"[]"}, std::string{"\"sk\""},
          std::string{R"({"id": "svc)"}, std::string{"\0\0", 2}, std::string(60, '['), whole.dump() + "x"}) {
        check_unreadable(body, "it is not a JSON object");
        CHECK_THROWS_AS(openai_json::deleted(body, "svc_acct_1"), Error);
        CHECK_THROWS_AS(openai_json::accounts(body, false), Error);
        CHECK_THROWS_AS(openai_json::keys(body), Error);
        CHECK(openai_json::error_message(body).empty());
    }
}

TEST_CASE("only a deletion that is said counts") {
    using openai_json::Deletion;
    const std::pair<const char*, Deletion> table[] = {
        {R"({"object": "x", "id": "svc_acct_1", "deleted": true})", Deletion::confirmed},
        {R"({"deleted": true})", Deletion::confirmed},
        {R"({"id": null, "deleted": true})", Deletion::confirmed},
        {R"({"id": "svc_acct_2", "deleted": true})", Deletion::of_another},
        {R"({"id": "svc_acct_2", "deleted": false})", Deletion::denied},
        {R"({"deleted": false})", Deletion::denied},
        {R"({"deleted": "true"})", Deletion::denied},
        {R"({"deleted": 1})", Deletion::denied},
    };
    for (const auto& [body, meaning] : table) {
        INFO(body);
        CHECK((openai_json::deleted(body, "svc_acct_1") == meaning));
    }
    CHECK(error_of([] { openai_json::deleted("{}", "svc_acct_1"); }).message() ==
          "OpenAI's answer cannot be read: 'deleted' is missing");
}

TEST_CASE("a page of accounts says where the next one begins") {
    const auto page = openai_json::accounts(
        R"({"object": "list", "first_id": "a", "last_id": "b", "has_more": true,
            "data": [{"id": "a", "name": "one", "created_at": 1700000000}, {"id": "b", "name": "two"}]})",
        false);
    REQUIRE(page.items.size() == 2);
    CHECK(page.items[0].name == "one");
    CHECK((page.items[0].created == Timestamp{std::chrono::seconds{1700000000}}));
    CHECK_FALSE(page.items[1].created);
    CHECK_FALSE(page.items[0].is_user);
    CHECK(page.has_more);
    CHECK(page.last_id == "b");
}

TEST_CASE("a page without last_id goes by its last item") {
    for (const char* last_id : {R"("last_id": null,)", "", R"("last_id": "",)"}) {
        const auto page = openai_json::accounts(
            std::string{"{"} + last_id + R"("has_more": true, "data": [{"id": "a", "name": "n"}]})", false);
        CHECK(page.last_id == "a");
    }
    CHECK(openai_json::accounts(R"({"data": [], "has_more": false, "first_id": null, "last_id": null})", false)
              .last_id.empty());
}

TEST_CASE("users may have no name, service accounts have one") {
    const std::string body = R"({"data": [{"id": "user-1", "name": null, "added_at": 1}], "has_more": false})";
    CHECK(openai_json::accounts(body, true).items.at(0).name.empty());
    CHECK(openai_json::accounts(body, true).items.at(0).is_user);
    CHECK(error_of([&] { openai_json::accounts(body, false); }).message() ==
          "OpenAI's answer cannot be read: 'name' is not a text");
}

TEST_CASE("a broken page is named") {
    const std::pair<const char*, const char*> table[] = {
        {"{}", "'data' is missing"},
        {R"({"data": {}, "has_more": false})", "'data' is not a list"},
        {R"({"data": ["a"], "has_more": false})", "'data' holds something that is not an object"},
        {R"({"data": [{"name": "n"}], "has_more": false})", "'id' is missing"},
        {R"({"data": [{"id": 5, "name": "n"}], "has_more": false})", "'id' is not a text"},
        {R"({"data": []})", "'has_more' is missing"},
        {R"({"data": [], "has_more": "no"})", "'has_more' is not true or false"},
    };
    for (const auto& [body, why] : table) {
        CHECK(error_of([&] { openai_json::accounts(body, false); }).message() ==
              std::string{"OpenAI's answer cannot be read: "} + why);
    }
}

TEST_CASE("a moment that cannot be is no moment") {
    for (const char* value :
         {"null", "\"now\"", "1e300", "-1e300", "9223372036854775807", "18446744073709551615", "true", "[]"}) {
        INFO(value);
        const auto page = openai_json::accounts(
            std::string{R"({"data": [{"id": "a", "name": "n", "created_at": )"} + value + R"(}], "has_more": false})",
            false);
        CHECK_FALSE(page.items.at(0).created);
    }
}

TEST_CASE("a key's owner is found, whatever kind it is") {
    const auto page = openai_json::keys(
        R"({"data": [{"id": "key_1", "name": "n", "last_used_at": 5, "owner": {"type": "service_account", "service_account": {"id": "svc_1"}}},
                     {"id": "key_2", "owner": {"type": "user", "user": {"id": "user-1"}}},
                     {"id": "key_3", "owner": {"type": "service_account", "service_account": null, "user": null}},
                     {"id": "key_4", "owner": null}, {"id": "key_5"}],
            "has_more": false, "last_id": null})");
    REQUIRE(page.items.size() == 5);
    CHECK(page.items[0].owner_id == "svc_1");
    CHECK((page.items[0].last_used == Timestamp{std::chrono::seconds{5}}));
    CHECK(page.items[1].owner_id == "user-1");
    for (std::size_t i = 2; i < 5; ++i) CHECK(page.items[i].owner_id.empty());
}

TEST_CASE("a creation is asked for with its expiry in whole seconds, or without") {
    CHECK(json::parse(openai_json::create_request("eph-x", std::chrono::milliseconds{1500})) ==
          json{{"name", "eph-x"}, {"expires_in_seconds", 2}});
    CHECK(json::parse(openai_json::create_request("eph-x", std::nullopt)) == json{{"name", "eph-x"}});
    CHECK(json::parse(openai_json::account_request("eph-x")) ==
          json{{"name", "eph-x"}, {"create_service_account_only", true}});
    CHECK(json::parse(openai_json::key_request("eph-x", {"model.request"}, std::chrono::seconds{60})) ==
          json{{"name", "eph-x"}, {"scopes", {"model.request"}}, {"expires_in_seconds", 60}});
    CHECK(json::parse(openai_json::key_request("eph-x", {"a", "b"}, std::nullopt)) ==
          json{{"name", "eph-x"}, {"scopes", {"a", "b"}}});
    CHECK(json::parse(openai_json::expiry_request(std::chrono::milliseconds{1})) == json{{"expires_in_seconds", 1}});
    CHECK(json::parse(openai_json::rename_request("eph-y")) == json{{"name", "eph-y"}});
}

TEST_CASE("the provider's own words reach the person, cleaned") {
    CHECK(openai_json::error_message(R"({"error": {"message": "No\nsuch \u001b[31mproject", "code": "x"}})") ==
          "No such [31mproject");
    CHECK(openai_json::error_message(R"({"error": "plain"})") == "plain");
    for (const char* body : {"{}", R"({"error": null})", R"({"error": 5})", R"({"error": {}})",
                             R"({"error": {"message": 5}})", "[]", ""}) {
        CHECK(openai_json::error_message(body).empty());
    }
}

TEST_CASE("a refusal says what was refused, where, and what to do") {
    struct Row {
        int status;
        Code code;
        const char* message;
        const char* hint;
    };
    const Row table[] = {
        {401, Code::provider_denied, "OpenAI does not accept the admin key 0123456789ab: No. (status 401)",
         "Make a new admin key at platform.openai.com/settings/organization/admin-keys and run: eph auth setup"},
        {403, Code::provider_denied, "OpenAI refused to create a key in project proj_1: No. (status 403)",
         "The admin key needs permission to manage service accounts; check it with: eph auth doctor --live"},
        {404, Code::provider_refused, "OpenAI does not know the project proj_1: No. (status 404)",
         "Check the project id at platform.openai.com/settings."},
        {429, Code::provider_refused,
         "OpenAI asks to slow down while trying to create a key in project proj_1: No. (status 429)",
         "Try again in a minute."},
        {500, Code::provider_refused, "OpenAI could not create a key in project proj_1: No. (status 500)", ""},
        {302, Code::provider_refused, "OpenAI could not create a key in project proj_1: No. (status 302)", ""},
    };
    for (const Row& row : table) {
        HttpResponse answer;
        answer.status = row.status;
        answer.body = R"({"error": {"message": "No."}})";
        const Error error = openai_json::refusal(an_account(), answer, "create a key");
        CHECK(error.code() == row.code);
        CHECK(error.message() == row.message);
        CHECK(error.hint() == row.hint);
    }
    HttpResponse silent;
    silent.status = 503;
    CHECK(openai_json::refusal(an_account(), silent, "create a key").message() ==
          "OpenAI could not create a key in project proj_1: status 503");
}

TEST_CASE("an account of another name than was asked for is not the one that was made") {
    check_unreadable(with("/name", "production backend"), "it tells of 'production backend'");
    CHECK(openai_json::created(without("/name"), "eph-x").service_account_id == "svc_acct_1");
    CHECK(error_of([] { openai_json::created_account(R"({"id": "svc_1", "name": "ci"})", "eph-x"); }).message() ==
          "OpenAI's answer cannot be read: it tells of 'ci'");
    CHECK(openai_json::created_account(R"({"id": "svc_1", "name": "eph-x"})", "eph-x") == "svc_1");
}

TEST_CASE("an id that would be another path is none") {
    for (const std::string id : {"", ".", ".."}) {
        const std::string why = id.empty() ? "'id' is empty" : "'id' is '" + id + "'";
        check_unreadable(with("/id", id), why);
        const json page = {{"data", {{{"id", id}, {"name", "eph-x"}}}}, {"has_more", false}};
        CHECK(error_of([&] { openai_json::accounts(page.dump(), false); }).message() ==
              "OpenAI's answer cannot be read: " + why);
        CHECK(error_of([&] { openai_json::keys(page.dump()); }).message() == "OpenAI's answer cannot be read: " + why);
    }
    CHECK(openai_json::created(with("/id", "..."), "eph-x").service_account_id == "...");
}
