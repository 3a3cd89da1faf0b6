// The provider's state: its project's service accounts, their keys and its users. Deleted ones are kept, so that tests
// can ask.
#pragma once

#include <deque>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "call.hpp"
#include "options.hpp"

namespace eph::sim {

enum class Role { owner, member, none };
const char* to_text(Role role);
std::optional<Role> role_of(std::string_view text);

struct Account;

struct Key {
    std::string id, name, value;
    std::vector<std::string> scopes;
    Timestamp created_at;
    std::optional<Timestamp> expires_at, last_used_at, deleted_at;
    Account* owner = nullptr;
};

struct Account {
    std::string id;         // as create answered
    std::string listed_id;  // as lists give it; the same unless --list-id-differs or --service-accounts-as-users
    std::string project;
    std::string name;
    Role role = Role::member;
    Timestamp created_at;
    std::optional<Timestamp> deleted_at;
    std::int64_t deleted_ms = 0;  // the same by this machine's clock, exactly
    std::deque<Key> keys;
};

struct User {
    std::string id, name, email;
    Role role = Role::owner;
    Timestamp added_at;
    std::optional<Timestamp> deleted_at;
};

class World {
public:
    explicit World(const Options& options);

    Timestamp now() const;
    std::string random_letters(std::size_t length);  // letters and digits, for ids
    void shift_clock(std::chrono::seconds by) { shift_ += by; }

    Account& add_account(std::string name, Role role, Timestamp created_at);
    Key& add_key(Account& account, std::string name, std::optional<std::chrono::seconds> lifetime);
    void remove(Account& account);
    void remove(Key& key) { key.deleted_at = now(); }

    // Each is nullptr where there is none, or none any more.
    Account* account(const std::string& id);  // by either of its ids
    Account* account(const std::string& id, const std::string& project);
    Account* account_named(const std::string& name);
    Key* key(const std::string& id);
    Key* key(const std::string& id, const std::string& project);
    Key* key_by_value(const std::string& value);
    User* user(const std::string& id);

    bool deleted(const Key& key) const { return key.deleted_at || key.owner->deleted_at; }
    bool expired(const Key& key) const { return key.expires_at && *key.expires_at <= now(); }
    bool live(const Key& key) const { return !deleted(key) && !expired(key); }

    std::deque<Account>& accounts() { return accounts_; }
    std::deque<User>& users() { return users_; }

private:
    std::string new_account_id(IdShape shape);
    std::string listed_id(const std::string& created_id);

    const Options& options_;
    std::mt19937_64 generator_;
    std::chrono::seconds shift_{0};
    std::deque<Account> accounts_;  // a deque, because the indexes below point into it
    std::deque<User> users_;
    std::unordered_map<std::string, Account*> accounts_by_id_;
    std::unordered_map<std::string, Key*> keys_by_id_, keys_by_value_;
};

}  // namespace eph::sim
