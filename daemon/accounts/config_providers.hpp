// "providers" of config.json. Included only by the source that reads the file.
#pragma once

#include <filesystem>
#include <vector>

#include "daemon/accounts/config_file.hpp"
#include "daemon/accounts/config_json.hpp"

namespace eph {

// Throws Error{storage} that names the file and the key.
std::vector<ProviderConfig> read_providers(const std::filesystem::path& file, const ConfigJson& providers);

}  // namespace eph
