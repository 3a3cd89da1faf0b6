// docs/api.yaml, as tests hold it against ephd.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace eph::test {

class ApiDescription {
public:
    ApiDescription();  // reads docs/api.yaml

    std::set<std::string> routes() const;   // "GET /v1/keys/{id}"
    std::set<std::string> answers() const;  // "GET /v1/keys/{id} 200": every answer that is described by its status

    // What of an answer, or of a request's body, contradicts the description; a field that is not described does, too.
    std::vector<std::string> wrong_in_answer(const std::string& route, int status, const std::string& media_type,
                                             const nlohmann::json& body) const;
    std::vector<std::string> wrong_in_request(const std::string& route, const nlohmann::json& body) const;

    const nlohmann::json& document() const { return document_; }

private:
    const nlohmann::json& operation(const std::string& route) const;

    nlohmann::json document_;
};

}  // namespace eph::test
