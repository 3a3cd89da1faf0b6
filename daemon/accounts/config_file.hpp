// config.json: settings, and accounts where the person chose the file as their store.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "common/time.hpp"
#include "daemon/accounts/account.hpp"

namespace eph {

struct Config {
    Credential openai;
    Duration max_ttl = std::chrono::hours{24};
    Duration default_ttl = std::chrono::hours{2};
};

// Defaults when there is no such file. Throws Error{storage} for one that cannot be read, is not JSON, or holds a
// credential that other users can read. Both our names and the original tool's (adminKey, projectId) are understood.
Config read_config(const std::filesystem::path& file);

// Changes the OpenAI account in the file and leaves the rest as it is: written beside it, synced, renamed; mode 0600.
void write_account(const std::filesystem::path& file, const Credential& account);

}  // namespace eph
