// The file as JSON. Included only by the two sources that read and write it.
#pragma once

#include <filesystem>

#include <nlohmann/json.hpp>

namespace eph {

using ConfigJson = nlohmann::ordered_json;  // what is written again keeps the order that the person gave it

// An empty object where there is no file. Throws Error{storage}.
ConfigJson parse_config(const std::filesystem::path& file);

}  // namespace eph
