// Creating, finding and removing what the simulated project holds.
#include "world.hpp"

#include <algorithm>
#include <random>

namespace eph::sim {
namespace {

using Generator = std::mt19937_64;  // nothing here needs to be hard to guess

std::string random_text(Generator& generator, std::size_t length, std::string_view alphabet) {
    std::uniform_int_distribution<std::size_t> pick{0, alphabet.size() - 1};
    std::string text(length, ' ');
    for (char& c : text) c = alphabet[pick(generator)];
    return text;
}

std::string letters(Generator& generator, std::size_t length) {
    return random_text(generator, length, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

std::string uuid(Generator& generator) {
    const auto hex = [&](std::size_t length) { return random_text(generator, length, "0123456789abcdef"); };
    const std::string variant = random_text(generator, 1, "89ab");
    return hex(8) + "-" + hex(4) + "-4" + hex(3) + "-" + variant + hex(3) + "-" + hex(12);
}

}  // namespace

const char* to_text(Role role) {
    switch (role) {
        case Role::owner:
            return "owner";
        case Role::member:
            return "member";
        case Role::none:
            return "none";
    }
    return "";
}

std::optional<Role> role_of(std::string_view text) {
    for (const Role role : {Role::owner, Role::member, Role::none})
        if (text == to_text(role)) return role;
    return std::nullopt;
}

World::World(const Options& options) : options_{options}, generator_{std::random_device{}()} {
    users_.push_back(
        {"user-" + random_letters(24), "Sim Owner", "owner@example.com", Role::owner, now(), std::nullopt});
}

std::string World::random_letters(std::size_t length) { return letters(generator_, length); }

Timestamp World::now() const {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + shift_;
}

std::string World::new_account_id(IdShape shape) {
    switch (shape) {
        case IdShape::svc_acct:
            return "svc_acct_" + random_letters(24);
        case IdShape::user:
            return "user-" + random_letters(24);
        case IdShape::uuid:
            return uuid(generator_);
        case IdShape::service_account:
            return "service_account_" + random_letters(24);
    }
    return {};
}

std::string World::listed_id(const std::string& created_id) {
    if (options_.service_accounts_as_users)
        return options_.id_shape == IdShape::user && !options_.list_id_differs ? created_id
                                                                               : new_account_id(IdShape::user);
    if (!options_.list_id_differs) return created_id;
    return new_account_id(options_.id_shape == IdShape::uuid ? IdShape::svc_acct : IdShape::uuid);
}

Account& World::add_account(std::string name, Role role, Timestamp created_at) {
    Account& account = accounts_.emplace_back();
    account.id = new_account_id(options_.id_shape);
    account.listed_id = listed_id(account.id);
    account.project = options_.project;
    account.name = std::move(name);
    account.role = role;
    account.created_at = created_at;
    accounts_by_id_[account.id] = &account;
    accounts_by_id_[account.listed_id] = &account;
    return account;
}

Key& World::add_key(Account& account, std::string name, std::optional<std::chrono::seconds> lifetime) {
    Key& key = account.keys.emplace_back();
    key.id = "key_" + random_letters(16);
    key.name = std::move(name);
    key.value = "sk-svcacct-" + random_letters(48);
    key.created_at = now();
    if (lifetime) key.expires_at = now() + *lifetime;
    key.owner = &account;
    keys_by_id_[key.id] = &key;
    keys_by_value_[key.value] = &key;
    return key;
}

void World::remove(Account& account) {
    account.deleted_at = now();
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    account.deleted_ms = std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
}

Account* World::account(const std::string& id) {
    const auto found = accounts_by_id_.find(id);
    return found == accounts_by_id_.end() || found->second->deleted_at ? nullptr : found->second;
}

Account* World::account(const std::string& id, const std::string& project) {
    Account* found = account(id);
    return found != nullptr && found->project == project ? found : nullptr;
}

Account* World::account_named(const std::string& name) {
    const auto found =
        std::ranges::find_if(accounts_, [&](const Account& a) { return a.name == name && !a.deleted_at; });
    return found == accounts_.end() ? nullptr : &*found;
}

Key* World::key(const std::string& id) {
    const auto found = keys_by_id_.find(id);
    return found == keys_by_id_.end() || deleted(*found->second) ? nullptr : found->second;
}

Key* World::key(const std::string& id, const std::string& project) {
    Key* found = key(id);
    return found != nullptr && found->owner->project == project ? found : nullptr;
}

Key* World::key_by_value(const std::string& value) {
    const auto found = keys_by_value_.find(value);
    return found == keys_by_value_.end() ? nullptr : found->second;
}

User* World::user(const std::string& id) {
    const auto found = std::ranges::find_if(users_, [&](const User& u) { return u.id == id && !u.deleted_at; });
    return found == users_.end() ? nullptr : &*found;
}

}  // namespace eph::sim
