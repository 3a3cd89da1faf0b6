// OpenAI's Admin API: who may call it, and which handler answers what.
#include "admin.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace eph::sim {
namespace {

Answer show_project(Sim&, const Call&, const Params& params) {
    constexpr int created_at = 1'700'000'000;
    return json_answer(200, {{"id", params[0]},
                             {"object", "organization.project"},
                             {"name", "Simulated project"},
                             {"created_at", created_at},
                             {"archived_at", nullptr},
                             {"status", "active"}});
}

constexpr std::string_view kProject = "/v1/organization/projects/{project}";

constexpr Route kRoutes[] = {
    {"GET", kProject, show_project},
    {"GET", "/v1/organization/projects/{project}/service_accounts", list_accounts},
    {"POST", "/v1/organization/projects/{project}/service_accounts", create_account},
    {"GET", "/v1/organization/projects/{project}/service_accounts/{id}", show_account},
    {"POST", "/v1/organization/projects/{project}/service_accounts/{id}", update_account},
    {"DELETE", "/v1/organization/projects/{project}/service_accounts/{id}", delete_account},
    {"POST", "/v1/organization/projects/{project}/service_accounts/{id}/api_keys", create_account_key},
    {"GET", "/v1/organization/projects/{project}/api_keys", list_keys},
    {"GET", "/v1/organization/projects/{project}/api_keys/{id}", show_key},
    {"POST", "/v1/organization/projects/{project}/api_keys/{id}", update_key},
    {"DELETE", "/v1/organization/projects/{project}/api_keys/{id}", delete_key},
    {"GET", "/v1/organization/projects/{project}/users", list_users},
    {"GET", "/v1/organization/projects/{project}/users/{id}", show_user},
    {"DELETE", "/v1/organization/projects/{project}/users/{id}", delete_user},
};

// An ordinary key that lives is known, and refused for what it may not do: OpenAI tells the two apart, and so must eph.
std::optional<Answer> refusal(Sim& sim, const Call& call) {
    if (call.credential_kind != CredentialKind::bearer)
        return openai_error(401, "Missing bearer authentication in header", {}, "invalid_api_key");
    if (call.credential == sim.options.admin_key) return std::nullopt;
    if (const Key* key = sim.world.key_by_value(call.credential); key != nullptr && sim.world.live(*key))
        return openai_error(
            403, "You have insufficient permissions for this operation. Missing scopes: api.management.read.", {},
            "insufficient_permissions");
    return openai_error(401, "Incorrect API key provided.", {}, "invalid_api_key");
}

// The project that the path names, however the path goes on.
std::string project_in(const Call& call) {
    std::string_view path = call.path;
    constexpr std::string_view before = "/v1/organization/projects/";
    if (!path.starts_with(before)) return {};
    path.remove_prefix(before.size());
    return std::string{path.substr(0, path.find('/'))};
}

}  // namespace

bool is_admin(const Call& call) { return call.path.starts_with("/v1/organization/"); }

Answer answer_admin(Sim& sim, const Call& call) {
    if (auto refused = refusal(sim, call)) return *refused;
    const std::string project = project_in(call);
    const auto& others = sim.options.other_projects;
    const bool known = project == sim.options.project || std::ranges::find(others, project) != others.end();
    if (!project.empty() && !known)
        return openai_error(404, fmt::format("No such project: {}", project), {}, "not_found");
    return dispatch(kRoutes, sim, call).value_or(not_found(call));
}

}  // namespace eph::sim
