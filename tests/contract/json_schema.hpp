// Validates JSON against a JSON schema; hides valijson, which is slow to compile.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace eph::contract {

// What of `value` contradicts `schema`, one line each; a $ref in the schema points into `document`.
std::vector<std::string> violations(const nlohmann::json& document, const nlohmann::json& schema,
                                    const nlohmann::json& value);

}  // namespace eph::contract
