// The JSON of the Admin API's objects and pages, and the rules for expires_in_seconds.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "admin.hpp"

namespace eph::sim {
namespace {

constexpr std::int64_t kLongestLifetime = 31'536'000;  // a year: the provider's own bound
constexpr int kLargestPage = 100, kUsualPage = 20;

std::optional<int> limit_in(const std::map<std::string, std::string>& query) {
    const auto given = query.find("limit");
    if (given == query.end()) return kUsualPage;
    const std::string& text = given->second;
    int limit = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), limit).ptr;
    if (end != text.data() + text.size() || limit < 1 || limit > kLargestPage) return std::nullopt;
    return limit;
}

std::string redacted(const std::string& value) {
    return value.substr(0, 10) + std::string(8, '*') + value.substr(value.size() - 4);
}

Answer bad_lifetime(std::string_view message, std::string_view code) {
    return openai_error(400, message, "expires_in_seconds", code);
}

}  // namespace

Answer page(const Call& call, const std::vector<Listed>& all) {
    const auto query = parse_query(call.query);
    const auto limit = limit_in(query);
    if (!limit) return openai_error(400, "Invalid 'limit': expected a number from 1 to 100.", "limit", "invalid_value");
    auto next = all.begin();
    if (const auto after = query.find("after"); after != query.end()) {
        next = std::ranges::find(all, after->second, &Listed::id);
        if (next == all.end())
            return openai_error(400, fmt::format("Invalid 'after': no such object: {}", after->second), "after",
                                "invalid_value");
        ++next;
    }
    Json data = Json::array(), first = nullptr, last = nullptr;
    for (; next != all.end() && std::cmp_less(data.size(), *limit); ++next) {
        if (!next->present) continue;
        if (first.is_null()) first = next->id;
        last = next->id;
        data.push_back(next->show());
    }
    const bool more = std::any_of(next, all.end(), [](const Listed& item) { return item.present; });
    return json_answer(
        200, {{"object", "list"}, {"data", data}, {"first_id", first}, {"last_id", last}, {"has_more", more}});
}

Answer deleted(const char* object, const std::string& id) {
    return json_answer(200, {{"object", object}, {"id", id}, {"deleted", true}});
}

Json account_shape(const Account& account) {
    return {{"object", "organization.project.service_account"},
            {"id", account.listed_id},
            {"name", account.name},
            {"role", to_text(account.role)},
            {"created_at", seconds(account.created_at)}};
}

Json new_key_shape(const Key& key) {
    Json shape = {{"object", "organization.project.service_account.api_key"},
                  {"id", key.id},
                  {"value", key.value},
                  {"name", key.name},
                  {"created_at", seconds(key.created_at)}};
    if (key.expires_at) shape["expires_at"] = seconds(key.expires_at);
    return shape;
}

Json key_shape(const Key& key) {
    const Account& owner = *key.owner;
    Json shape = {{"object", "organization.project.api_key"},
                  {"id", key.id},
                  {"redacted_value", redacted(key.value)},
                  {"name", key.name},
                  {"created_at", seconds(key.created_at)},
                  {"last_used_at", seconds(key.last_used_at)},
                  {"owner_project_access", owner.role == Role::none ? "inactive" : "active"},
                  {"owner",
                   {{"type", "service_account"},
                    {"service_account",
                     {{"id", owner.listed_id},
                      {"name", owner.name},
                      {"created_at", seconds(owner.created_at)},
                      {"role", to_text(owner.role)}}}}}};
    if (key.expires_at) shape["expires_at"] = seconds(key.expires_at);
    return shape;
}

Json account_as_user_shape(const Account& account) {
    return {{"object", "organization.project.user"},
            {"id", account.listed_id},
            {"name", account.name},
            {"email", nullptr},
            {"role", to_text(account.role)},
            {"added_at", seconds(account.created_at)}};
}

Json user_shape(const User& user) {
    return {{"object", "organization.project.user"},
            {"id", user.id},
            {"name", user.name},
            {"email", user.email},
            {"role", to_text(user.role)},
            {"added_at", seconds(user.added_at)}};
}

Lifetime lifetime_in(const Options& options, const Json& body, bool required_by_policy) {
    const auto given = body.find("expires_in_seconds");
    if (given == body.end() || given->is_null()) {
        if (!options.max_expires || !required_by_policy) return std::optional<std::chrono::seconds>{};
        return bad_lifetime(fmt::format("Missing required parameter: 'expires_in_seconds'. This organization's policy "
                                        "limits the lifetime of API keys to {} seconds.",
                                        *options.max_expires),
                            "missing_required_parameter");
    }
    if (options.refuse_expires) return bad_lifetime("Unknown parameter: 'expires_in_seconds'.", "unknown_parameter");
    if (!given->is_number_integer())
        return bad_lifetime("Invalid type for 'expires_in_seconds': expected an integer.", "invalid_type");
    const auto wanted = given->get<std::int64_t>();
    if (wanted < 1 || wanted > kLongestLifetime)
        return bad_lifetime("Invalid 'expires_in_seconds': expected a value from 1 to 31536000.", "invalid_value");
    if (options.max_expires && wanted > *options.max_expires)
        return bad_lifetime(fmt::format("Invalid 'expires_in_seconds': this organization's policy limits the lifetime "
                                        "of API keys to {} seconds.",
                                        *options.max_expires),
                            "integer_above_max_value");
    return std::optional{std::chrono::seconds{wanted}};
}

}  // namespace eph::sim
