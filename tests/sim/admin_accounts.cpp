// The Admin API's calls about service accounts.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "admin.hpp"

namespace eph::sim {
namespace {

constexpr const char* kKeyName = "Secret Key";  // what OpenAI calls the key that comes with an account

Answer no_such_account(const std::string& id) {
    return openai_error(404, fmt::format("No such service account: {}", id), {}, "not_found");
}

// Where service accounts are users, nothing but their creation happens under /service_accounts.
Account* account_at(Sim& sim, const Params& params) {
    return sim.options.service_accounts_as_users ? nullptr : sim.world.account(params[1], params[0]);
}

bool taken_by(const Options& options, const Account& account, const std::string& id) {
    switch (options.delete_by) {
        case DeleteBy::list:
            return id == account.listed_id;
        case DeleteBy::create:
            return id == account.id;
        case DeleteBy::both:
            return true;
    }
    return true;
}

std::optional<std::string> name_in(const Json& body) {
    const auto name = body.find("name");
    if (name == body.end() || !name->is_string() || name->get_ref<const std::string&>().empty()) return std::nullopt;
    return name->get<std::string>();
}

bool is_true(const Json& body, const char* field) {
    const auto value = body.find(field);
    return value != body.end() && value->is_boolean() && value->get<bool>();
}

}  // namespace

Answer list_accounts(Sim& sim, const Call& call, const Params& params) {
    std::vector<Listed> all;
    if (!sim.options.service_accounts_as_users)
        for (const Account& account : sim.world.accounts())
            if (account.project == params[0])
                all.push_back({account.listed_id, !account.deleted_at, [&] { return account_shape(account); }});
    return page(call, all);
}

Answer create_account(Sim& sim, const Call& call, const Params& params) {
    const auto body = object_in(call);
    if (!body) return bad_json();
    const auto name = name_in(*body);
    if (!name) return openai_error(400, "Missing required parameter: 'name'.", "name", "missing_required_parameter");
    const bool without_key = is_true(*body, "create_service_account_only");
    const Lifetime lifetime = lifetime_in(sim.options, *body, !without_key);
    if (const Answer* refused = std::get_if<Answer>(&lifetime)) return *refused;

    Account& account = sim.world.add_account(*name, without_key ? Role::none : Role::member, sim.world.now());
    account.project = params[0];
    Json shape = account_shape(account);
    shape["id"] = account.id;
    shape["api_key"] = nullptr;
    if (!without_key) shape["api_key"] = new_key_shape(sim.world.add_key(account, kKeyName, std::get<0>(lifetime)));
    return json_answer(200, shape);
}

Answer show_account(Sim& sim, const Call&, const Params& params) {
    const Account* account = account_at(sim, params);
    return account == nullptr ? no_such_account(params[1]) : json_answer(200, account_shape(*account));
}

Answer update_account(Sim& sim, const Call& call, const Params& params) {
    Account* account = account_at(sim, params);
    if (account == nullptr || !taken_by(sim.options, *account, params[1])) return no_such_account(params[1]);
    const auto body = object_in(call);
    if (!body) return bad_json();
    if (body->contains("name")) {
        const auto name = name_in(*body);
        if (!name) return openai_error(400, "Invalid type for 'name': expected a string.", "name", "invalid_type");
        account->name = *name;
    }
    if (body->contains("role")) {
        const Json& given = (*body)["role"];
        const auto role = given.is_string() ? role_of(given.get_ref<const std::string&>()) : std::nullopt;
        if (!role || *role == Role::none)
            return openai_error(400, "Invalid 'role': expected 'member' or 'owner'.", "role", "invalid_value");
        account->role = *role;
    }
    return json_answer(200, account_shape(*account));
}

Answer delete_account(Sim& sim, const Call&, const Params& params) {
    Account* account = account_at(sim, params);
    if (account == nullptr || !taken_by(sim.options, *account, params[1])) return no_such_account(params[1]);
    sim.world.remove(*account);
    return deleted("organization.project.service_account.deleted", params[1]);
}

Answer create_account_key(Sim& sim, const Call& call, const Params& params) {
    Account* account = sim.world.account(params[1], params[0]);
    if (account == nullptr) return no_such_account(params[1]);
    const auto body = object_in(call);
    if (!body) return bad_json();
    const Lifetime lifetime = lifetime_in(sim.options, *body, true);
    if (const Answer* refused = std::get_if<Answer>(&lifetime)) return *refused;

    Key& key = sim.world.add_key(*account, name_in(*body).value_or(kKeyName), std::get<0>(lifetime));
    if (const auto scopes = body->find("scopes"); scopes != body->end() && scopes->is_array())
        for (const Json& scope : *scopes)
            if (scope.is_string()) key.scopes.push_back(scope.get<std::string>());
    return json_answer(200, new_key_shape(key));
}

}  // namespace eph::sim
