// Finds the operation in the description, and what of an exchange contradicts it.
#include "openai_description.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "json_schema.hpp"

namespace eph::contract {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kServerPath = "/v1";  // the path of the description's one server
constexpr const char* kErrorResponse = "#/components/schemas/ErrorResponse";

std::string_view cut(std::string_view& rest, char at) {
    const auto end = rest.find(at);
    const std::string_view piece = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return piece;
}

bool path_fits(std::string_view pattern, std::string_view path) {
    while (!pattern.empty() && !path.empty()) {
        const std::string_view want = cut(pattern, '/'), have = cut(path, '/');
        if (want.starts_with('{') ? have.empty() : want != have) return false;
    }
    return pattern.empty() && path.empty();
}

// What any call may meet, whether or not its operation mentions it.
bool is_general_error(unsigned status) {
    return status == 401 || status == 403 || status == 404 || status == 429 || status >= 500;
}

void describe_lifetime(Json& schemas, const char* name) {
    constexpr int longest = 31'536'000;
    Json& properties = schemas.at(name)["properties"];
    if (!properties.contains("expires_in_seconds"))
        properties["expires_in_seconds"] = {{"type", "integer"}, {"minimum", 1}, {"maximum", longest}};
}

// What OpenAI introduced in September 2026: keys that expire. Where the description already has it, its word stands.
void add_what_is_newer(Json& document) {
    Json& schemas = document.at("components").at("schemas");
    describe_lifetime(schemas, "ProjectServiceAccountCreateRequest");
    describe_lifetime(schemas, "CreateProjectServiceAccountApiKeyBody");
    Json& key = document.at("paths").at("/organization/projects/{project_id}/api_keys/{api_key_id}");
    if (key.contains("post")) return;
    schemas["UpdateProjectApiKeyBody"] = {
        {"type", "object"}, {"properties", {{"scopes", {{"type", "array"}, {"items", {{"type", "string"}}}}}}}};
    describe_lifetime(schemas, "UpdateProjectApiKeyBody");
    const auto content = [](const char* schema) {
        return Json{{"application/json", {{"schema", {{"$ref", std::string{"#/components/schemas/"} + schema}}}}}};
    };
    key["post"] = {
        {"requestBody", {{"required", true}, {"content", content("UpdateProjectApiKeyBody")}}},
        {"responses",
         {{"200", {{"content", content("ProjectApiKey")}}}, {"400", {{"content", content("ErrorResponse")}}}}}};
}

const Json* schema_in(const Json& holder) {
    static const Json::json_pointer at{"/content/application~1json/schema"};
    return holder.contains(at) ? &holder.at(at) : nullptr;
}

// A parameter as the JSON that its schema means: digits may be a number.
Json parameter_value(const Json& schema, std::string_view text) {
    if (schema.value("type", "") == "integer") {
        int number = 0;
        const auto end = std::from_chars(text.data(), text.data() + text.size(), number).ptr;
        if (end == text.data() + text.size() && !text.empty()) return number;
    }
    if (schema.value("type", "") == "boolean" && (text == "true" || text == "false")) return text == "true";
    return text;
}

void append(Violations& all, std::string_view where, const Violations& more) {
    for (const std::string& line : more) all.push_back(fmt::format("{}: {}", where, line));
}

}  // namespace

std::filesystem::path OpenAiDescription::location() {
    if (const char* given = std::getenv("EPH_OPENAI_SPEC"); given != nullptr && *given != '\0') return given;
    return (std::filesystem::path{EPH_SOURCE_DIR} / "../shared/openai/openai_admin.json").lexically_normal();
}

std::optional<OpenAiDescription> OpenAiDescription::find() {
    std::ifstream file{location()};
    if (!file) return std::nullopt;
    return OpenAiDescription{Json::parse(file)};
}

OpenAiDescription::OpenAiDescription(Json document) {
    add_what_is_newer(document);
    document_ = std::make_shared<const Json>(std::move(document));
}

const Json& OpenAiDescription::resolved(const Json& node) const {
    const auto reference = node.find("$ref");
    if (reference == node.end()) return node;
    return document_->at(Json::json_pointer{reference->get<std::string>().substr(1)});
}

const Json* OpenAiDescription::operation(std::string_view method, std::string_view path) const {
    if (!path.starts_with(kServerPath)) return nullptr;
    path.remove_prefix(kServerPath.size());
    std::string name{method};
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const auto& [pattern, operations] : document_->at("paths").items())
        if (path_fits(pattern, path) && operations.contains(name)) return &operations.at(name);
    return nullptr;
}

Violations OpenAiDescription::check_query(const Json& operation, std::string_view query) const {
    Violations found;
    while (!query.empty()) {
        std::string_view value = cut(query, '&');
        const std::string name{cut(value, '=')};
        const Json parameters = operation.value("parameters", Json::array());
        const auto known = std::ranges::find_if(
            parameters, [&](const Json& p) { return p.value("in", "") == "query" && p.value("name", "") == name; });
        if (known == parameters.end()) {
            found.push_back(fmt::format("query: there is no parameter '{}'", name));
            continue;
        }
        const Json& schema = known->at("schema");
        append(found, "query, " + name, violations(*document_, schema, parameter_value(resolved(schema), value)));
    }
    return found;
}

Violations OpenAiDescription::check_properties(const Json& schema, const Json& body) const {
    Violations found;
    const Json& properties = resolved(schema).at("properties");
    for (const auto& [name, value] : body.items())
        if (!properties.contains(name)) found.push_back(fmt::format("body: there is no property '{}'", name));
    return found;
}

Violations OpenAiDescription::check_request(std::string_view method, std::string_view path, std::string_view query,
                                            std::string_view body) const {
    const Json* described = operation(method, path);
    if (described == nullptr) return {fmt::format("{} {} is not in the description", method, path)};
    Violations found = check_query(*described, query);
    const Json request = described->value("requestBody", Json::object());
    const Json* schema = schema_in(request);
    if (body.empty()) {
        if (request.value("required", false)) found.emplace_back("body: there is none, and it is required");
        return found;
    }
    if (schema == nullptr) {
        found.emplace_back("body: there is one, and none is described");
        return found;
    }
    const Json parsed = Json::parse(body, nullptr, false);
    if (parsed.is_discarded()) {
        found.emplace_back("body: not JSON");
        return found;
    }
    append(found, "body", violations(*document_, *schema, parsed));
    append(found, "request", check_properties(*schema, parsed));
    return found;
}

Violations OpenAiDescription::check_response(std::string_view method, std::string_view path, unsigned status,
                                             std::string_view body) const {
    const Json* described = operation(method, path);
    if (described == nullptr) return {fmt::format("{} {} is not in the description", method, path)};
    const Json error_schema = {{"$ref", kErrorResponse}};
    const Json& responses = described->at("responses");
    const std::string code = std::to_string(status);
    const Json* schema = responses.contains(code) ? schema_in(resolved(responses.at(code))) : nullptr;
    if (schema == nullptr && is_general_error(status)) schema = &error_schema;
    if (schema == nullptr) return {fmt::format("{} {} does not answer with {}", method, path, status)};
    const Json parsed = Json::parse(body, nullptr, false);
    if (parsed.is_discarded()) return {"body: not JSON"};
    return violations(*document_, *schema, parsed);
}

}  // namespace eph::contract
