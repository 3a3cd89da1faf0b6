// Rewriting config.json atomically.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "common/error.hpp"
#include "common/ids.hpp"
#include "common/paths.hpp"
#include "common/providers.hpp"
#include "daemon/accounts/config_file.hpp"
#include "daemon/accounts/config_json.hpp"
#include "daemon/accounts/stores.hpp"

namespace eph {
namespace fs = std::filesystem;
namespace {

void write_all(int descriptor, std::string_view text, const fs::path& file) {
    while (!text.empty()) {
        const ssize_t written = write(descriptor, text.data(), text.size());
        if (written < 0) throw Error{Code::storage, "cannot write {}: {}", file.string(), std::strerror(errno)};
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

void replace(const fs::path& file, const ConfigJson& document) {
    const fs::path target = fs::is_symlink(file) ? fs::weakly_canonical(file) : file;  // a link stays one
    const fs::path fresh = target.string() + "." + random_text(8);
    const int descriptor = open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) throw Error{Code::storage, "cannot write {}: {}", fresh.string(), std::strerror(errno)};
    try {
        std::string text = document.dump(2) + "\n";
        write_all(descriptor, text, fresh);
        wipe(text);
        if (fsync(descriptor) != 0)
            throw Error{Code::storage, "cannot write {}: {}", fresh.string(), std::strerror(errno)};
        if (rename(fresh.c_str(), target.c_str()) != 0) {
            throw Error{Code::storage, "cannot replace {}: {}", file.string(), std::strerror(errno)};
        }
    } catch (...) {
        close(descriptor);
        unlink(fresh.c_str());
        throw;
    }
    close(descriptor);
}

// Where the person wrote the alias, that stays.
std::string key_of_provider(const ConfigJson& document, const std::string& provider) {
    const ProviderRow* row = find_provider(provider);
    const bool by_alias = row != nullptr && !row->alias.empty() && document.contains(std::string{row->alias});
    return by_alias ? std::string{row->alias} : provider;
}

void put(ConfigJson& object, const char* name, const std::string& value) {
    if (value.empty()) {
        object.erase(name);
    } else {
        object[name] = value;
    }
}

}  // namespace

void write_account(const fs::path& file, const StoredAccount& account) {
    make_private_directory(file.parent_path());
    ConfigJson document = parse_config(file);
    const bool named = account.name != default_name;
    if (named && !document["accounts"].is_object()) document["accounts"] = ConfigJson::object();
    ConfigJson& object =
        named ? document["accounts"][account.name] : document[key_of_provider(document, account.provider)];
    if (!object.is_object()) object = ConfigJson::object();
    for (const char* original : {"adminKey", "projectId", "baseUrl"}) object.erase(original);
    put(object, "provider", named ? account.provider : "");
    put(object, "store", account.store == file_store ? "" : account.store);
    put(object, makes_keys_at(account.provider) ? "admin_key" : "api_key", std::string{account.secret.reveal()});
    put(object, "project_id", account.project);
    put(object, "base_url", account.base_url);
    put(object, "fingerprint", account.fingerprint);
    object.erase("command");
    if (account.shell && !account.command.empty()) object["command"] = account.command[0];
    if (!account.shell && !account.command.empty()) object["command"] = account.command;
    replace(file, document);
}

void erase_account(const fs::path& file, const std::string& name, const std::string& provider) {
    ConfigJson document = parse_config(file);
    if (name == default_name) {
        document.erase(key_of_provider(document, provider));
    } else if (const auto accounts = document.find("accounts"); accounts != document.end() && accounts->is_object()) {
        accounts->erase(name);
        if (accounts->empty()) document.erase("accounts");
    }
    const auto meant = document.find("default_account");
    if (meant != document.end() && *meant == name) document.erase("default_account");
    replace(file, document);
}

}  // namespace eph
