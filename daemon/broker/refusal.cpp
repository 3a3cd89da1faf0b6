// Each family's names for a status, and the document that they stand in.
#include "daemon/broker/refusal.hpp"

#include <nlohmann/json.hpp>

namespace eph {
namespace {

using Json = nlohmann::ordered_json;

struct Names {
    int status;
    const char* openai_type;
    const char* openai_code;  // "": the reason
    const char* anthropic;
    const char* google;
};

constexpr Names table[] = {
    {400, "invalid_request_error", "", "invalid_request_error", "INVALID_ARGUMENT"},
    {401, "authentication_error", "invalid_api_key", "authentication_error", "UNAUTHENTICATED"},
    {403, "permission_error", "", "permission_error", "PERMISSION_DENIED"},
    {404, "invalid_request_error", "", "not_found_error", "NOT_FOUND"},
    {405, "invalid_request_error", "", "invalid_request_error", "UNIMPLEMENTED"},
    {413, "invalid_request_error", "", "request_too_large", "INVALID_ARGUMENT"},
    {429, "rate_limit_error", "rate_limit_exceeded", "rate_limit_error", "RESOURCE_EXHAUSTED"},
    {502, "api_error", "", "api_error", "UNAVAILABLE"},
    {503, "api_error", "", "overloaded_error", "UNAVAILABLE"},
    {504, "api_error", "", "timeout_error", "DEADLINE_EXCEEDED"},
};
constexpr Names of_the_request = {0, "invalid_request_error", "", "invalid_request_error", "FAILED_PRECONDITION"};
constexpr Names of_eph = {0, "api_error", "", "api_error", "INTERNAL"};

const Names& names_of(int status) {
    for (const Names& each : table)
        if (each.status == status) return each;
    return status < 500 ? of_the_request : of_eph;
}

}  // namespace

std::string refusal_body(ApiFamily family, const Refusal& refusal) {
    const Names& names = names_of(refusal.status);
    Json body;
    switch (family) {
        case ApiFamily::openai: {
            const std::string code = *names.openai_code != '\0' ? names.openai_code : "eph_" + refusal.reason;
            body["error"] = {
                {"message", refusal.message}, {"type", names.openai_type}, {"param", nullptr}, {"code", code}};
            break;
        }
        case ApiFamily::anthropic:
            body["type"] = "error";
            body["error"] = {{"type", names.anthropic}, {"message", refusal.message}};
            break;
        case ApiFamily::google:
            body["error"] = {{"code", refusal.status}, {"message", refusal.message}, {"status", names.google}};
            break;
    }
    return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace eph
