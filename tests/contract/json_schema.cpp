// Validation by valijson.
#include "json_schema.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace eph::contract {

std::vector<std::string> violations(const nlohmann::json& document, const nlohmann::json& schema,
                                    const nlohmann::json& value) {
    // The components stay where OpenAPI has them, so that its references resolve as JSON pointers, unchanged.
    const nlohmann::json root = {{"components", document.at("components")}, {"allOf", nlohmann::json::array({schema})}};
    valijson::Schema parsed;
    valijson::SchemaParser{}.populateSchema(valijson::adapters::NlohmannJsonAdapter{root}, parsed);
    valijson::ValidationResults results;
    valijson::Validator validator;
    if (validator.validate(parsed, valijson::adapters::NlohmannJsonAdapter{value}, &results)) return {};
    std::vector<std::string> found;
    for (const valijson::ValidationResults::Error& error : results)
        found.push_back(fmt::format("{}: {}", fmt::join(error.context, ""), error.description));
    return found;
}

}  // namespace eph::contract
