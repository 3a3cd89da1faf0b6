// Reading YAML, and finding what describes an answer.
#include "tests/integration/support/api_description.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "tests/contract/json_schema.hpp"

namespace eph::test {
namespace {

using Json = nlohmann::json;

// Quoted scalars are texts; plain ones are what JSON would read in them (YAML's core schema, as far as we use it).
Json scalar(const YAML::Node& node) {
    const std::string& text = node.Scalar();
    if (node.Tag() == "!") return text;
    if (text == "true" || text == "false") return text == "true";
    if (text == "null") return nullptr;
    const bool number =
        !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
    if (number) return std::stoll(text);
    return text;
}

Json to_json(const YAML::Node& node) {
    if (node.IsSequence()) {
        Json list = Json::array();
        for (const auto& item : node) list.push_back(to_json(item));
        return list;
    }
    if (node.IsMap()) {
        Json object = Json::object();
        for (const auto& member : node) object[member.first.Scalar()] = to_json(member.second);
        return object;
    }
    return node.IsNull() ? Json(nullptr) : scalar(node);
}

// Clients ignore what they do not know; here a field that nobody described is a mistake.
void refuse_undescribed(Json& schema) {
    if (!schema.is_structured()) return;
    for (auto& each : schema) refuse_undescribed(each);
    if (schema.is_object() && schema.value("type", Json()) == "object" && schema.contains("properties")) {
        schema["additionalProperties"] = false;
    }
}

std::string upper(std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

template <class Visit>
void each_operation(const Json& document, Visit visit) {
    constexpr std::array methods{"get", "put", "post", "delete"};
    for (const auto& [path, item] : document.at("paths").items()) {
        for (const char* method : methods) {
            if (item.contains(method)) visit(upper(method) + " " + path, item.at(method));
        }
    }
}

}  // namespace

ApiDescription::ApiDescription() : document_(to_json(YAML::LoadFile(EPH_SOURCE_DIR "/docs/api.yaml"))) {
    refuse_undescribed(document_["components"]["schemas"]);
}

std::set<std::string> ApiDescription::routes() const {
    std::set<std::string> found;
    each_operation(document_, [&](const std::string& route, const Json&) { found.insert(route); });
    return found;
}

std::set<std::string> ApiDescription::answers() const {
    std::set<std::string> found;
    each_operation(document_, [&](const std::string& route, const Json& described) {
        for (const auto& [status, answer] : described.at("responses").items()) {
            if (status != "default") found.insert(route + " " + status);
        }
    });
    return found;
}

const Json& ApiDescription::operation(const std::string& route) const {
    const std::size_t blank = route.find(' ');
    std::string method = route.substr(0, blank);
    for (char& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return document_.at("paths").at(route.substr(blank + 1)).at(method);
}

std::vector<std::string> ApiDescription::wrong_in_answer(const std::string& route, int status,
                                                         const std::string& media_type, const Json& body) const {
    const Json& responses = operation(route).at("responses");
    const std::string key = std::to_string(status);
    if (!responses.contains(key) && status < 400) return {route + " answers with " + key + ", which is not described"};
    const Json& answer =
        responses.contains(key) ? responses.at(key) : document_.at("components").at("responses").at("Refused");
    if (!answer.at("content").contains(media_type))
        return {route + " answers with the type " + media_type + ", which is not described"};
    return contract::violations(document_, answer.at("content").at(media_type).at("schema"), body);
}

std::vector<std::string> ApiDescription::wrong_in_request(const std::string& route, const Json& body) const {
    if (!operation(route).contains("requestBody")) return {route + " takes no body"};
    return contract::violations(
        document_, operation(route).at("requestBody").at("content").at("application/json").at("schema"), body);
}

}  // namespace eph::test
