// Names and kinds, held against the table.
#include "daemon/accounts/config_section.hpp"

#include <algorithm>

#include "common/duration.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

bool is_text(const ConfigJson& value) { return value.is_string(); }
bool is_list_of_texts(const ConfigJson& value) {
    return value.is_array() && !value.empty() && std::all_of(value.begin(), value.end(), is_text);
}

bool has_kind(const ConfigJson& value, ConfigKind kind) {
    switch (kind) {
        case ConfigKind::text:
        case ConfigKind::duration:
            return value.is_string();
        case ConfigKind::texts:
            return is_list_of_texts(value);
        case ConfigKind::command:
            return value.is_string() || is_list_of_texts(value);
        case ConfigKind::account:
        case ConfigKind::accounts:
        case ConfigKind::providers:
            return value.is_object();
    }
    return false;
}

}  // namespace

ConfigSection::ConfigSection(const std::filesystem::path& file, const ConfigJson& object, ConfigPart part,
                             std::string path, const std::set<std::string>& further)
    : file_(file), object_(object), part_(part), path_(std::move(path)) {
    for (const auto& [name, value] : object.items()) {
        const ConfigKey* key = find_config_key(further.contains(name) ? "openai" : name, part);
        if (key == nullptr) {
            throw Error{Code::storage, "{}: '{}' is not known", file.string(), printable(path_ + name, 80)}.hint(
                hint_for_unknown_key(name, part));
        }
        if (!value.is_null() && !has_kind(value, key->kind)) {
            throw Error{Code::storage, "{}: '{}' must be {}", file.string(), path_ + name, name_of(key->kind)};
        }
    }
}

const ConfigJson* ConfigSection::find(const std::string& name) const {
    const ConfigKey* key = find_config_key(name, part_);
    for (const std::string_view spelling : {std::string_view{name}, key == nullptr ? "" : key->original}) {
        const auto found = object_.find(std::string{spelling});
        if (found != object_.end() && !found->is_null()) return &*found;
    }
    return nullptr;
}

std::string ConfigSection::text(const std::string& name) const {
    const ConfigJson* value = find(name);
    return value == nullptr ? std::string{} : std::string{trim(value->get_ref<const std::string&>())};
}

std::vector<std::string> ConfigSection::texts(const std::string& name) const {
    const ConfigJson* value = find(name);
    return value == nullptr ? std::vector<std::string>{} : value->get<std::vector<std::string>>();
}

Duration ConfigSection::duration(const std::string& name, Duration otherwise) const {
    const std::string given = text(name);
    try {
        return given.empty() ? otherwise : parse_duration(given);
    } catch (const Error& error) {
        throw wrong(name, ": " + error.message()).hint(error.hint());
    }
}

Error ConfigSection::wrong(const std::string& what) const {
    return Error{Code::storage, "{}: '{}' {}", file_.string(), path_.substr(0, path_.size() - 1), what};
}

Error ConfigSection::wrong(const std::string& name, const std::string& what) const {
    return Error{Code::storage, "{}: '{}'{}{}", file_.string(), path_ + name, what.starts_with(':') ? "" : " ", what};
}

}  // namespace eph
