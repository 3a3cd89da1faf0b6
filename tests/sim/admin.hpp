// The handlers of OpenAI's Admin API, and the shapes of what they answer.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <variant>

#include "answers.hpp"
#include "router.hpp"
#include "sim.hpp"

namespace eph::sim {

// admin_accounts.cpp. The first of the params is always the project.
Answer list_accounts(Sim& sim, const Call& call, const Params& params);
Answer create_account(Sim& sim, const Call& call, const Params& params);
Answer show_account(Sim& sim, const Call& call, const Params& params);
Answer update_account(Sim& sim, const Call& call, const Params& params);
Answer delete_account(Sim& sim, const Call& call, const Params& params);
Answer create_account_key(Sim& sim, const Call& call, const Params& params);

// admin_keys.cpp
Answer list_keys(Sim& sim, const Call& call, const Params& params);
Answer show_key(Sim& sim, const Call& call, const Params& params);
Answer update_key(Sim& sim, const Call& call, const Params& params);
Answer delete_key(Sim& sim, const Call& call, const Params& params);

// admin_users.cpp
Answer list_users(Sim& sim, const Call& call, const Params& params);
Answer show_user(Sim& sim, const Call& call, const Params& params);
Answer delete_user(Sim& sim, const Call& call, const Params& params);

// admin_shapes.cpp
struct Listed {
    std::string_view id;  // of an object that outlives the call
    bool present;         // a deleted one still has its place, so that `after` may name it
    std::function<Json()> show;
};
Answer page(const Call& call, const std::vector<Listed>& all);
Answer deleted(const char* object, const std::string& id);
Json account_shape(const Account& account);
Json new_key_shape(const Key& key);  // the only one with the key's value
Json key_shape(const Key& key);
Json account_as_user_shape(const Account& account);
Json user_shape(const User& user);

// What a body says under expires_in_seconds: a lifetime, none, or the answer that refuses it.
using Lifetime = std::variant<std::optional<std::chrono::seconds>, Answer>;
Lifetime lifetime_in(const Options& options, const Json& body, bool required_by_policy);

}  // namespace eph::sim
