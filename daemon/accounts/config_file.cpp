// Reading config.json, every key of it by the table of keys.
#include "daemon/accounts/config_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "common/config_keys.hpp"
#include "common/duration.hpp"
#include "common/error.hpp"
#include "common/text.hpp"
#include "daemon/accounts/config_json.hpp"
#include "daemon/accounts/stores.hpp"

namespace eph {
namespace fs = std::filesystem;
namespace {

using Json = ConfigJson;

bool has_kind(const Json& value, ConfigKind kind) {
    switch (kind) {
        case ConfigKind::text:
        case ConfigKind::duration:
            return value.is_string();
        case ConfigKind::command:
            return value.is_string() ||
                   (value.is_array() && !value.empty() &&
                    std::all_of(value.begin(), value.end(), [](const Json& each) { return each.is_string(); }));
        case ConfigKind::account:
        case ConfigKind::accounts:
            return value.is_object();
    }
    return false;
}

// One object of the file: who it is in messages, and its values by the names of the table.
class Section {
public:
    Section(const fs::path& file, const Json& object, bool of_account, const std::string& path)
        : file_(file), object_(object), path_(path) {
        for (const auto& [name, value] : object.items()) {
            const ConfigKey* key = find_config_key(name, of_account);
            if (key == nullptr) {
                throw Error{Code::storage, "{}: '{}' is not known", file.string(), printable(path + name, 80)}.hint(
                    hint_for_unknown_key(name, of_account));
            }
            if (!value.is_null() && !has_kind(value, key->kind)) {
                throw Error{Code::storage, "{}: '{}' must be {}", file.string(), path + name, name_of(key->kind)};
            }
        }
    }

    const Json* find(const std::string& name) const {
        const ConfigKey* key = nullptr;
        for (const ConfigKey& each : config_keys()) {
            if (each.name == name) key = &each;
        }
        for (const std::string_view spelling : {key->name, key->original}) {
            const auto found = object_.find(std::string{spelling});
            if (found != object_.end() && !found->is_null()) return &*found;
        }
        return nullptr;
    }

    std::string text(const std::string& name) const {
        const Json* value = find(name);
        return value == nullptr ? std::string{} : std::string{trim(value->get_ref<const std::string&>())};
    }

    Duration duration(const std::string& name, Duration otherwise) const {
        const std::string given = text(name);
        try {
            return given.empty() ? otherwise : parse_duration(given);
        } catch (const Error& error) {
            throw Error{Code::storage, "{}: '{}': {}", file_.string(), path_ + name, error.message()}.hint(
                error.hint());
        }
    }

    Error wrong(const std::string& what) const {
        return Error{Code::storage, "{}: '{}' {}", file_.string(), path_.substr(0, path_.size() - 1), what};
    }

private:
    const fs::path& file_;
    const Json& object_;
    std::string path_;
};

StoredAccount account_in(const fs::path& file, const Json& object, const std::string& name, const std::string& path) {
    const Section section{file, object, true, path};
    StoredAccount account;
    account.name = name;
    if (const std::string provider = section.text("provider"); !provider.empty()) account.provider = provider;
    if (account.provider != "openai")
        throw section.wrong(
            fmt::format("is of the provider '{}', which is not known", printable(account.provider, 40)));
    std::string admin_key = section.text("admin_key");
    account.admin_key = Secret::take(admin_key);
    account.project = section.text("project_id");
    account.base_url = section.text("base_url");
    account.fingerprint = section.text("fingerprint");
    account.store = section.text("store");
    if (account.store.empty() && !account.admin_key.empty()) account.store = file_store;
    const auto known = std::find(store_names.begin(), store_names.end(), account.store);
    if (!account.store.empty() && known == store_names.end())
        throw section.wrong(fmt::format("has an unknown store '{}'", printable(account.store, 40)))
            .hint("Known stores: file, keychain, secret-service, pass, command, memory.");
    if (!account.admin_key.empty() && account.store != file_store)
        throw section.wrong(fmt::format("holds an admin key, though its store is {}", account.store))
            .hint("Remove admin_key, or run: eph auth setup");
    if (const Json* command = section.find("command")) {
        account.shell = command->is_string();
        if (account.shell)
            account.command = {command->get<std::string>()};
        else
            account.command = command->get<std::vector<std::string>>();
    }
    if (account.store == command_store && account.command.empty())
        throw section.wrong("has the store command and no command");
    return account;
}

// Who can read the file has the admin keys in it; who can write it says where admin keys are sent, and what is run.
void refuse_if_shared(const fs::path& file, const Config& config) {
    struct stat info {};
    if (config.accounts.empty() || stat(file.c_str(), &info) != 0) return;
    const bool secret = std::any_of(config.accounts.begin(), config.accounts.end(),
                                    [](const StoredAccount& each) { return !each.admin_key.empty(); });
    if (secret && (info.st_mode & 0077) != 0) {
        throw Error{Code::storage, "{} holds an admin key and can be read by other users", file.string()}.hint(
            "Run: chmod 600 " + file.string());
    }
    if ((info.st_mode & 0022) != 0) {
        throw Error{Code::storage, "{} can be changed by other users", file.string()}.hint("Run: chmod go-w " +
                                                                                           file.string());
    }
    if (info.st_uid != getuid() && info.st_uid != 0)
        throw Error{Code::storage, "{} belongs to another user", file.string()};
}

}  // namespace

ConfigJson parse_config(const fs::path& file) {
    std::ifstream stream{file};
    if (!stream) {
        if (errno == ENOENT || errno == ENOTDIR) return Json::object();
        throw Error{Code::storage, "cannot read {}: {}", file.string(), std::strerror(errno)};
    }
    std::stringstream text;
    text << stream.rdbuf();
    std::string content = std::move(text).str();
    Json document = Json::parse(content, nullptr, false);
    wipe(content);
    if (!document.is_object()) {
        throw Error{Code::storage, "{} is not a JSON object", file.string()}.hint(
            "Mend it, or move it aside and run: eph auth setup");
    }
    return document;
}

const StoredAccount* Config::find(const std::string& name) const {
    const auto found =
        std::find_if(accounts.begin(), accounts.end(), [&](const StoredAccount& each) { return each.name == name; });
    return found == accounts.end() ? nullptr : &*found;
}

Config read_config(const fs::path& file) {
    const Json document = parse_config(file);
    const Section section{file, document, false, ""};
    Config config;
    config.max_ttl = section.duration("max_ttl", config.max_ttl);
    config.default_ttl = std::min(section.duration("default_ttl", config.default_ttl), config.max_ttl);
    config.store_timeout = section.duration("store_timeout", config.store_timeout);
    if (const std::string name = section.text("default_account"); !name.empty()) config.default_account = name;
    if (const Json* openai = section.find("openai")) {
        config.accounts.push_back(account_in(file, *openai, default_name, "openai."));
    } else if (keychain_is_usual) {  // where the original tool put its keys, without a word in the file
        StoredAccount implied;
        implied.store = keychain_store;
        config.accounts.push_back(std::move(implied));
    }
    if (const Json* accounts = section.find("accounts")) {
        for (const auto& [name, object] : accounts->items()) {
            if (name == default_name)
                throw Error{Code::storage, "{}: 'accounts.default' cannot be", file.string()}.hint(
                    "The account without another name stands under its provider's: \"openai\": {...}");
            try {
                check_account_name(name);
            } catch (const Error& error) {
                throw Error{Code::storage, "{}: {}", file.string(), error.message()}.hint(error.hint());
            }
            if (!object.is_object())
                throw Error{Code::storage, "{}: 'accounts.{}' must be an object", file.string(), name};
            config.accounts.push_back(account_in(file, object, name, "accounts." + name + "."));
        }
    }
    refuse_if_shared(file, config);
    return config;
}

}  // namespace eph
