// The Admin API's calls about a project's API keys.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "admin.hpp"

namespace eph::sim {
namespace {

Answer no_such_key(const std::string& id) {
    return openai_error(404, fmt::format("No such API key: {}", id), {}, "not_found");
}

// Unasked, the list shows the keys of the project's members only; an account of role none is not one.
bool in_view(const Key& key, const std::string& wanted_access) {
    const bool active = key.owner->role != Role::none;
    if (wanted_access == "any") return true;
    return wanted_access == "inactive" ? !active : active;
}

}  // namespace

Answer list_keys(Sim& sim, const Call& call, const Params& params) {
    const std::string access = parse_query(call.query)["owner_project_access"];
    if (!access.empty() && access != "any" && access != "active" && access != "inactive")
        return openai_error(400, "Invalid 'owner_project_access': expected 'active', 'inactive' or 'any'.",
                            "owner_project_access", "invalid_value");
    std::vector<Listed> all;
    for (const Account& account : sim.world.accounts())
        for (const Key& key : account.keys)
            all.push_back({key.id, account.project == params[0] && !sim.world.deleted(key) && in_view(key, access),
                           [&] { return key_shape(key); }});
    return page(call, all);
}

Answer show_key(Sim& sim, const Call&, const Params& params) {
    const Key* key = sim.world.key(params[1], params[0]);
    return key == nullptr ? no_such_key(params[1]) : json_answer(200, key_shape(*key));
}

Answer update_key(Sim& sim, const Call& call, const Params& params) {
    Key* key = sim.world.key(params[1], params[0]);
    if (key == nullptr) return no_such_key(params[1]);
    const auto body = object_in(call);
    if (!body) return bad_json();
    if (sim.world.expired(*key))
        return openai_error(400, "An expired API key cannot be changed.", {}, "api_key_expired");
    const Lifetime lifetime = lifetime_in(sim.options, *body, false);
    if (const Answer* refused = std::get_if<Answer>(&lifetime)) return *refused;
    if (const auto& given = std::get<0>(lifetime)) key->expires_at = sim.world.now() + *given;  // counts from now
    if (const auto scopes = body->find("scopes"); scopes != body->end() && scopes->is_array()) {
        key->scopes.clear();
        for (const Json& scope : *scopes)
            if (scope.is_string()) key->scopes.push_back(scope.get<std::string>());
    }
    return json_answer(200, key_shape(*key));
}

Answer delete_key(Sim& sim, const Call&, const Params& params) {
    Key* key = sim.world.key(params[1], params[0]);
    if (key == nullptr) return no_such_key(params[1]);
    if (!sim.options.allow_api_key_delete)
        return openai_error(400, "API keys owned by a service account cannot be deleted; delete the service account.",
                            {}, "service_account_api_key");
    sim.world.remove(*key);
    return deleted("organization.project.api_key.deleted", params[1]);
}

}  // namespace eph::sim
