// config.json: settings, and accounts, with their admin keys where the person chose the file as their store.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/time.hpp"
#include "daemon/accounts/account.hpp"

namespace eph {

// The name of the account that stands under its provider's own.
inline constexpr const char* default_name = "default";

// What the configuration says of a provider (`providers`): changes to a row of the table, or a new one that is like
// another. "" and nothing: as there.
struct ProviderConfig {
    std::string name;
    std::string like;  // the row that all else comes from; needed for a new one (openai: any compatible server)
    std::string title;
    std::string base_url;
    std::optional<std::string> auth_header;  // "Authorization: Bearer", "x-api-key", "none"
    std::string key_variable;
    std::vector<std::string> paths;    // "POST /chat/completions", "GET /models/*"; they replace those of the row
    std::optional<std::string> model;  // the member that names it, or "path"
    std::vector<std::string> usage;    // JSON pointers of the objects with the usage
    std::vector<std::string> usage_input, usage_output, usage_cached;  // the names of their members
};

struct Config {
    std::vector<StoredAccount> accounts;
    std::vector<ProviderConfig> providers;
    std::string via = "auto";  // key, broker or auto
    std::string default_account = default_name;
    Duration max_ttl = std::chrono::hours{24};
    Duration default_ttl = std::chrono::hours{2};
    Duration store_timeout = std::chrono::seconds{10};

    const StoredAccount* find(const std::string& provider, const std::string& name) const;
    // A named account, whosever it is; nullptr for "default", which every provider may have.
    const StoredAccount* find_named(const std::string& name) const;
    const ProviderConfig* find_provider(std::string_view name) const;  // nullptr: nothing is said of it
};

// Defaults when there is no such file. Throws Error{storage} for one that cannot be read, is not JSON, has a key that
// common/config_keys does not know, or holds a credential that other users can read. Both our names and the original
// tool's (adminKey, projectId) are understood.
Config read_config(const std::filesystem::path& file);

// Puts the account into the file, or takes it out, and leaves the rest as it is: written beside it, synced, renamed;
// mode 0600. A link stays one.
void write_account(const std::filesystem::path& file, const StoredAccount& account);
void erase_account(const std::filesystem::path& file, const std::string& name, const std::string& provider);

}  // namespace eph
