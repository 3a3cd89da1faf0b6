// JSON of the Admin API.
#include "daemon/providers/openai_json.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "common/json_depth.hpp"
#include "common/text.hpp"

namespace eph::openai_json {
namespace {

using nlohmann::json;

Error unreadable(std::string_view what) {
    return Error{Code::provider_unreadable, "OpenAI's answer cannot be read: {}", what};
}

json parse(const std::string& body) {
    if (nested_deeper(body)) throw unreadable(fmt::format("it is nested more than {} levels deep", deepest_json));
    json document = json::parse(body, nullptr, false);
    if (!document.is_object()) throw unreadable("it is not a JSON object");
    return document;
}

const json& field(const json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end()) throw unreadable(fmt::format("'{}' is missing", name));
    return *found;
}

std::string text(const json& object, const char* name) {
    const json& value = field(object, name);
    if (!value.is_string()) throw unreadable(fmt::format("'{}' is not a text", name));
    return value.get<std::string>();
}

std::string text_or_empty(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

// In a path it has to stay one segment that means itself.
std::string id_of(const json& object) {
    std::string id = text(object, "id");
    if (id.empty()) throw unreadable("'id' is empty");
    if (id == "." || id == "..") throw unreadable(fmt::format("'id' is '{}'", id));
    return id;
}

// What was made is what was asked for: else the answer belongs to something else, which is nobody's to delete.
void check_name(const json& object, const std::string& asked) {
    const std::string said = text_or_empty(object, "name");
    if (!said.empty() && said != asked) throw unreadable(fmt::format("it tells of '{}'", printable(said, 80)));
}

std::optional<Timestamp> unix_time(const json& object, const char* name) {
    const auto found = object.find(name);
    constexpr double largest = 253402300799;  // the year 9999; beyond it is no moment, and arithmetic would overflow
    if (found == object.end() || !found->is_number()) return std::nullopt;
    const double value = found->get<double>();
    if (value < 0 || value > largest) return std::nullopt;
    return Timestamp{std::chrono::seconds{static_cast<std::int64_t>(value)}};
}

template <class Item, class Read>
Page<Item> page(const std::string& body, Read read) {
    const json document = parse(body);
    const json& data = field(document, "data");
    if (!data.is_array()) throw unreadable("'data' is not a list");
    Page<Item> result;
    for (const json& each : data) {
        if (!each.is_object()) throw unreadable("'data' holds something that is not an object");
        result.items.push_back(read(each));
    }
    const json& has_more = field(document, "has_more");
    if (!has_more.is_boolean()) throw unreadable("'has_more' is not true or false");
    result.has_more = has_more.get<bool>();
    // last_id is nullable; the last item's own id says the same.
    result.last_id = text_or_empty(document, "last_id");
    if (result.last_id.empty() && !result.items.empty()) result.last_id = result.items.back().id;
    return result;
}

// What can stand in a header, a variable and a line of the host, and in nothing but one of each.
bool is_secret(std::string_view text) {
    constexpr std::size_t longest = 4096;
    const auto visible = [](char c) { return c >= 0x21 && c <= 0x7e; };
    return !text.empty() && text.size() <= longest && std::all_of(text.begin(), text.end(), visible);
}

void read_key(const json& key, Created& result) {
    std::string value = text(key, "value");
    if (!is_secret(value)) throw unreadable("'api_key.value' is not a key");
    result.api_key_id = text_or_empty(key, "id");
    if (!result.api_key_id.empty()) result.api_key_id = id_of(key);
    result.expires = unix_time(key, "expires_at");
    result.key = Secret::take(value);
}

std::int64_t whole_seconds(Duration length) { return std::chrono::ceil<std::chrono::seconds>(length).count(); }

}  // namespace

Created created(const std::string& body, const std::string& name) {
    json document = parse(body);
    Created result;
    check_name(document, name);
    result.service_account_id = text(document, "id");
    const json& key = field(document, "api_key");
    if (!key.is_object()) throw unreadable("'api_key' is missing");
    result.service_account_id = id_of(document);
    read_key(key, result);
    return result;
}

std::string name(const std::string& body) { return text(parse(body), "name"); }

std::string created_account(const std::string& body, const std::string& name) {
    const json document = parse(body);
    check_name(document, name);
    return id_of(document);
}

Created created_key(const std::string& body, std::string service_account_id) {
    Created result;
    result.service_account_id = std::move(service_account_id);
    read_key(parse(body), result);
    return result;
}

std::optional<Timestamp> expiry(const std::string& body) { return unix_time(parse(body), "expires_at"); }

Deletion deleted(const std::string& body, const std::string& id) {
    const json document = parse(body);
    const json& flag = field(document, "deleted");
    if (!flag.is_boolean() || !flag.get<bool>()) return Deletion::denied;
    const std::string said = text_or_empty(document, "id");
    return said.empty() || said == id ? Deletion::confirmed : Deletion::of_another;
}

Page<Listed> accounts(const std::string& body, bool users) {
    return page<Listed>(body, [&](const json& each) {
        // Users may have no name; service accounts always do.
        return Listed{id_of(each), users ? text_or_empty(each, "name") : text(each, "name"),
                      unix_time(each, users ? "added_at" : "created_at"), users};
    });
}

Page<ListedKey> keys(const std::string& body) {
    return page<ListedKey>(body, [](const json& each) {
        ListedKey key{id_of(each), text_or_empty(each, "name"), {}, {}, unix_time(each, "last_used_at")};
        if (const auto owner = each.find("owner"); owner != each.end() && owner->is_object()) {
            for (const char* kind : {"service_account", "user"}) {
                const auto who = owner->find(kind);
                if (who == owner->end() || !who->is_object()) continue;
                key.owner_id = text_or_empty(*who, "id");
                key.owner_name = text_or_empty(*who, "name");
                if (!key.owner_id.empty()) break;
            }
        }
        return key;
    });
}

std::string create_request(const std::string& name, std::optional<Duration> expires_in) {
    json request = {{"name", name}};
    if (expires_in) request["expires_in_seconds"] = whole_seconds(*expires_in);
    return request.dump();
}

std::string account_request(const std::string& name) {
    return json{{"name", name}, {"create_service_account_only", true}}.dump();
}

std::string key_request(const std::string& name, const std::vector<std::string>& scopes,
                        std::optional<Duration> expires_in) {
    json request = {{"name", name}, {"scopes", scopes}};
    if (expires_in) request["expires_in_seconds"] = whole_seconds(*expires_in);
    return request.dump();
}

std::string expiry_request(Duration expires_in) {
    return json{{"expires_in_seconds", whole_seconds(expires_in)}}.dump();
}

std::string rename_request(const std::string& name) { return json{{"name", name}}.dump(); }

std::string error_message(const std::string& body) {
    if (nested_deeper(body)) return {};
    const json document = json::parse(body, nullptr, false);
    if (!document.is_object()) return {};
    const auto error = document.find("error");
    if (error == document.end()) return {};
    if (error->is_string()) return printable(error->get<std::string>());
    return error->is_object() ? printable(text_or_empty(*error, "message")) : std::string{};
}

Error refusal(const AccountRef& account, const HttpResponse& answer, std::string_view what) {
    const std::string said = error_message(answer.body);
    const std::string words =
        said.empty() ? fmt::format("status {}", answer.status) : fmt::format("{} (status {})", said, answer.status);
    switch (answer.status) {
        case 401:
            return Error{Code::provider_denied, "OpenAI does not accept the admin key {}: {}", account->fingerprint,
                         words}
                .hint(
                    "Make a new admin key at platform.openai.com/settings/organization/admin-keys and run: eph auth "
                    "setup");
        case 403:
            return Error{Code::provider_denied, "OpenAI refused to {} in project {}: {}", what, account->place.project,
                         words}
                .hint(
                    "The admin key needs permission to manage service accounts; check it with: eph auth doctor --live");
        case 404:
            return Error{Code::provider_refused, "OpenAI does not know the project {}: {}", account->place.project,
                         words}
                .hint("Check the project id at platform.openai.com/settings.");
        case 429:
            return Error{Code::provider_refused, "OpenAI asks to slow down while trying to {} in project {}: {}", what,
                         account->place.project, words}
                .hint("Try again in a minute.");
        default:
            return Error{Code::provider_refused, "OpenAI could not {} in project {}: {}", what, account->place.project,
                         words};
    }
}

}  // namespace eph::openai_json
