// JSON answers and OpenAI's error shape.
#include "answers.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace eph::sim {
namespace {

Json nullable(std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); }

const char* type_of_error(unsigned status) {
    if (status == 429) return "requests";
    return status >= 500 ? "server_error" : "invalid_request_error";
}

}  // namespace

std::string to_text(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Answer json_answer(unsigned status, const Json& json) {
    Answer answer;
    answer.status = status;
    answer.body = to_text(json);
    return answer;
}

Answer openai_error(unsigned status, std::string_view message, std::string_view param, std::string_view code) {
    return json_answer(status, {{"error",
                                 {{"message", message},
                                  {"type", type_of_error(status)},
                                  {"param", nullable(param)},
                                  {"code", nullable(code)}}}});
}

Answer bad_json() { return openai_error(400, "We could not parse the JSON body of your request.", {}, "invalid_json"); }

Answer not_found(const Call& call) {
    return openai_error(404, fmt::format("Invalid URL ({} {})", call.method, call.path), {}, "not_found");
}

Answer method_not_allowed(const Call& call, const std::string& allowed) {
    Answer answer =
        openai_error(405, fmt::format("Not allowed to {} on {} (HINT: use {})", call.method, call.path, allowed), {},
                     "method_not_supported");
    answer.headers.emplace_back("Allow", allowed);
    return answer;
}

std::optional<Json> object_in(const Call& call) {
    if (call.body.empty()) return Json::object();
    Json body = Json::parse(call.body, nullptr, false);
    if (!body.is_object()) return std::nullopt;
    return body;
}

Json seconds(Timestamp time) { return time.time_since_epoch().count(); }

Json seconds(const std::optional<Timestamp>& time) { return time ? seconds(*time) : Json(nullptr); }

}  // namespace eph::sim
