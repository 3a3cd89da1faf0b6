// OpenAI's own description of its Admin API, to hold requests and answers against.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eph::contract {

using Violations = std::vector<std::string>;  // one line each; empty where all is as described

class OpenAiDescription {
public:
    // EPH_OPENAI_SPEC, or shared/openai/openai_admin.json beside the checkout.
    static std::filesystem::path location();

    // nullopt where there is no file; throws where it cannot be understood.
    static std::optional<OpenAiDescription> find();

    // Paths begin with /v1, the query has no question mark, an empty body is none. A property or parameter that the
    // description does not know is a violation of a request, but not of an answer, which may always have more.
    Violations check_request(std::string_view method, std::string_view path, std::string_view query,
                             std::string_view body) const;
    Violations check_response(std::string_view method, std::string_view path, unsigned status,
                              std::string_view body) const;

private:
    explicit OpenAiDescription(nlohmann::json document);

    const nlohmann::json* operation(std::string_view method, std::string_view path) const;
    const nlohmann::json& resolved(const nlohmann::json& node) const;
    Violations check_query(const nlohmann::json& operation, std::string_view query) const;
    Violations check_properties(const nlohmann::json& schema, const nlohmann::json& body) const;

    std::shared_ptr<const nlohmann::json> document_;
};

}  // namespace eph::contract
