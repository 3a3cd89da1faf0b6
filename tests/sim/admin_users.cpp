// The Admin API's calls about a project's users, among whom some organisations count the service accounts.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "admin.hpp"

namespace eph::sim {
namespace {

Answer no_such_user(const std::string& id) {
    return openai_error(404, fmt::format("No such project user: {}", id), {}, "not_found");
}

// Only by the id that the list of users gives: create's own may be of another kind.
Account* account_among_users(Sim& sim, const Params& params) {
    if (!sim.options.service_accounts_as_users) return nullptr;
    Account* account = sim.world.account(params[1], params[0]);
    return account != nullptr && account->listed_id == params[1] ? account : nullptr;
}

}  // namespace

Answer list_users(Sim& sim, const Call& call, const Params& params) {
    std::vector<Listed> all;
    for (const User& user : sim.world.users())
        all.push_back({user.id, !user.deleted_at, [&] { return user_shape(user); }});
    if (sim.options.service_accounts_as_users)
        for (const Account& account : sim.world.accounts())
            if (account.project == params[0])
                all.push_back({account.listed_id, !account.deleted_at, [&] { return account_as_user_shape(account); }});
    return page(call, all);
}

Answer show_user(Sim& sim, const Call&, const Params& params) {
    if (const User* user = sim.world.user(params[1])) return json_answer(200, user_shape(*user));
    const Account* account = account_among_users(sim, params);
    return account == nullptr ? no_such_user(params[1]) : json_answer(200, account_as_user_shape(*account));
}

Answer delete_user(Sim& sim, const Call&, const Params& params) {
    if (User* user = sim.world.user(params[1])) {
        user->deleted_at = sim.world.now();
    } else if (Account* account = account_among_users(sim, params)) {
        sim.world.remove(*account);
    } else {
        return no_such_user(params[1]);
    }
    return deleted("organization.project.user.deleted", params[1]);
}

}  // namespace eph::sim
