// The judge is judged: what contradicts the description must be found, or the contract means nothing.
#include "openai_description.hpp"
#include "tests/support/catch.hpp"

using eph::contract::OpenAiDescription;
using eph::contract::Violations;

namespace {

const std::string kAccounts = "/v1/organization/projects/p/service_accounts";
constexpr const char* kPage = R"({"object": "list", "has_more": false, "first_id": "a", "last_id": "a", "data": [
    {"object": "organization.project.service_account", "id": "a", "name": "n", "role": "member", "created_at": 1}]})";

std::string with(std::string text, const std::string& part, const std::string& replacement) {
    return text.replace(text.find(part), part.size(), replacement);
}

}  // namespace

TEST_CASE("an answer as described has no violations", "[description]") {
    const OpenAiDescription description = OpenAiDescription::find().value();
    CHECK(description.check_response("GET", kAccounts, 200, kPage) == Violations{});
    CHECK(description.check_response("GET", kAccounts, 200, with(kPage, R"("first_id": "a")", R"("first_id": null)")) ==
          Violations{});
}

TEST_CASE("an answer that contradicts the description is found out", "[description]") {
    const OpenAiDescription description = OpenAiDescription::find().value();
    const auto check = [&](const std::string& body) { return description.check_response("GET", kAccounts, 200, body); };
    CHECK_FALSE(check(with(kPage, R"("role": "member")", R"("role": "king")")).empty());
    CHECK_FALSE(check(with(kPage, R"("created_at": 1)", R"("created_at": "1")")).empty());
    CHECK_FALSE(check(with(kPage, R"("has_more": false, )", "")).empty());
    CHECK_FALSE(check(with(kPage, R"("first_id": "a")", R"("first_id": 7)")).empty());
    CHECK_FALSE(check(with(kPage, R"("object": "list")", R"("object": "page")")).empty());
    CHECK_FALSE(check("<html>").empty());
    CHECK_FALSE(check("").empty());
}

TEST_CASE("an error must have OpenAI's error shape", "[description]") {
    const OpenAiDescription description = OpenAiDescription::find().value();
    const std::string error = R"({"error": {"type": "t", "message": "m", "param": null, "code": null}})";
    for (const unsigned status : {400U, 401U, 404U, 429U, 500U, 503U})
        CHECK(description.check_response("POST", kAccounts, status, error) == Violations{});
    CHECK_FALSE(description.check_response("POST", kAccounts, 401, R"({"error": {"message": "m"}})").empty());
    CHECK_FALSE(description.check_response("POST", kAccounts, 401, R"({"error": "no"})").empty());
    CHECK_FALSE(description.check_response("POST", kAccounts, 201, error).empty());
    CHECK_FALSE(description.check_response("POST", kAccounts, 418, error).empty());
}

TEST_CASE("a request that contradicts the description is found out", "[description]") {
    const OpenAiDescription description = OpenAiDescription::find().value();
    const auto post = [&](const std::string& body) { return description.check_request("POST", kAccounts, "", body); };
    CHECK(post(R"({"name": "n"})") == Violations{});
    CHECK(post(R"({"name": "n", "expires_in_seconds": 60, "create_service_account_only": null})") == Violations{});
    CHECK_FALSE(post(R"({"name": 7})").empty());
    CHECK_FALSE(post(R"({})").empty());
    CHECK_FALSE(post("").empty());
    CHECK_FALSE(post(R"({"name": "n", "expires_in_seconds": 0})").empty());
    CHECK_FALSE(post(R"({"name": "n", "expires_in_secs": 60})").empty());
    CHECK_FALSE(description.check_request("DELETE", kAccounts + "/a", "", "{}").empty());
    CHECK_FALSE(description.check_request("PUT", kAccounts, "", "{}").empty());
    CHECK_FALSE(description.check_request("GET", "/organization/projects/p/service_accounts", "", "").empty());
}

TEST_CASE("a query that contradicts the description is found out", "[description]") {
    const OpenAiDescription description = OpenAiDescription::find().value();
    const std::string keys = "/v1/organization/projects/p/api_keys";
    const auto get = [&](const std::string& query) { return description.check_request("GET", keys, query, ""); };
    CHECK(get("limit=100&after=a&owner_project_access=any") == Violations{});
    CHECK_FALSE(get("limit=many").empty());
    CHECK_FALSE(get("owner_project_access=all").empty());
    CHECK_FALSE(get("before=a").empty());
}
