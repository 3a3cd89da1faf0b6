// Answers that many handlers give: JSON bodies and OpenAI's error shape.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "call.hpp"

namespace eph::sim {

using Json = nlohmann::json;

std::string to_text(const Json& json);  // never throws: what is not UTF-8 is replaced
Answer json_answer(unsigned status, const Json& json);

// {"error": {message, type, param, code}}; an empty param or code becomes null.
Answer openai_error(unsigned status, std::string_view message, std::string_view param = {}, std::string_view code = {});

Answer bad_json();
Answer not_found(const Call& call);
Answer method_not_allowed(const Call& call, const std::string& allowed);

// nullopt where the body is no JSON object; an empty body counts as {}.
std::optional<Json> object_in(const Call& call);

Json seconds(Timestamp time);
Json seconds(const std::optional<Timestamp>& time);  // null where there is none

}  // namespace eph::sim
