// Reading config.json, every key of it by the table of keys.
#include "daemon/accounts/config_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "common/error.hpp"
#include "common/json_depth.hpp"
#include "common/providers.hpp"
#include "common/text.hpp"
#include "daemon/accounts/config_json.hpp"
#include "daemon/accounts/config_providers.hpp"
#include "daemon/accounts/config_section.hpp"
#include "daemon/accounts/stores.hpp"

namespace eph {
namespace fs = std::filesystem;
namespace {

using Json = ConfigJson;

bool is_known_provider(const std::string& name, const Config& config) {
    const auto is_it = [&](const ProviderConfig& each) { return each.name == name; };
    return find_provider(name) != nullptr || std::any_of(config.providers.begin(), config.providers.end(), is_it);
}

// What belongs to OpenAI's accounts alone, and what to the others'.
void check_kind(const ConfigSection& section, const StoredAccount& account) {
    const bool makes_keys = makes_keys_at(account.provider);
    if (makes_keys && section.has("api_key"))
        throw section.wrong("api_key", "has no place there").hint("OpenAI's accounts have an admin_key.");
    if (!makes_keys && section.has("admin_key"))
        throw section.wrong("admin_key", "has no place there").hint("A provider that makes no keys has an api_key.");
    if (!makes_keys && section.has("project_id"))
        throw section.wrong("project_id", "has no place there").hint("Only OpenAI's accounts have a project.");
}

void read_command(const ConfigSection& section, StoredAccount& account) {
    if (const Json* command = section.find("command")) {
        account.shell = command->is_string();
        if (account.shell)
            account.command = {command->get<std::string>()};
        else
            account.command = command->get<std::vector<std::string>>();
    }
    if (account.store == command_store && account.command.empty())
        throw section.wrong("has the store command and no command");
}

// `provider`: whose object it is, "" where the account itself says.
StoredAccount account_in(const fs::path& file, const Json& object, const std::string& name, const std::string& path,
                         const std::string& provider, const Config& config) {
    const ConfigSection section{file, object, ConfigPart::account, path};
    StoredAccount account;
    account.name = name;
    if (const std::string said = section.text("provider"); !said.empty()) account.provider = canonical_provider(said);
    if (!is_known_provider(account.provider, config))
        throw section.wrong(
            fmt::format("is of the provider '{}', which is not known", printable(account.provider, 40)));
    if (!provider.empty() && section.has("provider") && account.provider != provider)
        throw section.wrong("provider", fmt::format("is another one than {}", provider));
    if (!provider.empty()) account.provider = provider;
    check_kind(section, account);
    const char* const where = makes_keys_at(account.provider) ? "admin_key" : "api_key";
    std::string secret = section.text(where);
    account.secret = Secret::take(secret);
    account.project = section.text("project_id");
    account.base_url = section.text("base_url");
    account.fingerprint = section.text("fingerprint");
    account.store = section.text("store");
    if (account.store.empty() && !account.secret.empty()) account.store = file_store;
    const auto known = std::find(store_names.begin(), store_names.end(), account.store);
    if (!account.store.empty() && known == store_names.end())
        throw section.wrong(fmt::format("has an unknown store '{}'", printable(account.store, 40)))
            .hint("Known stores: file, keychain, secret-service, pass, command, memory.");
    if (!account.secret.empty() && account.store != file_store)
        throw section
            .wrong(fmt::format("holds an {}, though its store is {}", credential_word(makes_keys_at(account.provider)),
                               account.store))
            .hint(fmt::format("Remove {}, or run: eph auth setup", where));
    read_command(section, account);
    return account;
}

// Those under their provider's own name.
void read_defaults(const fs::path& file, const Json& document, const std::set<std::string>& further, Config& config) {
    for (const auto& [name, object] : document.items()) {
        if (object.is_null() || (find_provider(name) == nullptr && !further.contains(name))) continue;
        const std::string provider = canonical_provider(name);
        if (config.find(provider, default_name) != nullptr)
            throw Error{Code::storage, "{}: '{}' is the same provider as '{}'", file.string(), name, provider};
        config.accounts.push_back(account_in(file, object, default_name, name + ".", provider, config));
    }
    if (!keychain_is_usual || config.find("openai", default_name) != nullptr) return;
    StoredAccount implied;  // where the original tool put its keys, without a word in the file
    implied.store = keychain_store;
    config.accounts.push_back(std::move(implied));
}

void read_named(const fs::path& file, const Json& accounts, Config& config) {
    for (const auto& [name, object] : accounts.items()) {
        if (name == default_name)
            throw Error{Code::storage, "{}: 'accounts.default' cannot be", file.string()}.hint(
                "The account without another name stands under its provider's: \"openai\": {...}");
        try {
            check_account_name(name);
        } catch (const Error& error) {
            throw Error{Code::storage, "{}: {}", file.string(), error.message()}.hint(error.hint());
        }
        if (!object.is_object()) throw Error{Code::storage, "{}: 'accounts.{}' must be an object", file.string(), name};
        config.accounts.push_back(account_in(file, object, name, "accounts." + name + ".", "", config));
    }
}

std::string via_in(const ConfigSection& section, const std::string& otherwise) {
    const std::string via = section.text("via");
    if (via.empty()) return otherwise;
    if (via != "auto" && via != "key" && via != "broker")
        throw section.wrong("via", fmt::format("must be auto, key or broker, not '{}'", printable(via, 40)));
    return via;
}

// Who can read the file has the keys in it; who can write it says where keys are sent, and what is run.
void refuse_if_shared(const fs::path& file, const Config& config) {
    struct stat info {};
    if ((config.accounts.empty() && config.providers.empty()) || stat(file.c_str(), &info) != 0) return;
    const auto secret = std::find_if(config.accounts.begin(), config.accounts.end(),
                                     [](const StoredAccount& each) { return !each.secret.empty(); });
    if (secret != config.accounts.end() && (info.st_mode & 0077) != 0) {
        throw Error{Code::storage, "{} holds an {} and can be read by other users", file.string(),
                    credential_word(makes_keys_at(secret->provider))}
            .hint("Run: chmod 600 " + file.string());
    }
    if ((info.st_mode & 0022) != 0) {
        throw Error{Code::storage, "{} can be changed by other users", file.string()}.hint("Run: chmod go-w " +
                                                                                           file.string());
    }
    if (info.st_uid != getuid() && info.st_uid != 0)
        throw Error{Code::storage, "{} belongs to another user", file.string()};
}

// Nothing where there is no file. Never waits, and never takes more than is sensible: a FIFO, a device or a huge file
// is none.
std::optional<std::string> read_whole(const fs::path& file) {
    constexpr off_t most = off_t{1} << 20;
    const int descriptor = open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) {
        if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
        throw Error{Code::storage, "cannot read {}: {}", file.string(), std::strerror(errno)};
    }
    struct Closing {
        int descriptor;
        ~Closing() { close(descriptor); }
    } closing{descriptor};
    struct stat info {};
    if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode))
        throw Error{Code::storage, "{} is not a regular file", file.string()}.hint(
            "Move it aside and run: eph auth setup");
    if (info.st_size > most)
        throw Error{Code::storage, "{} is larger than a configuration can be", file.string()}.hint(
            "Move it aside and run: eph auth setup");
    std::string content(static_cast<std::size_t>(info.st_size), '\0');
    std::size_t size = 0;
    while (size < content.size()) {
        const ssize_t got = read(descriptor, content.data() + size, content.size() - size);
        if (got < 0) throw Error{Code::storage, "cannot read {}: {}", file.string(), std::strerror(errno)};
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    content.resize(size);
    return content;
}

}  // namespace

ConfigJson parse_config(const fs::path& file) {
    std::optional<std::string> read = read_whole(file);
    if (!read) return Json::object();
    std::string content = std::move(*read);
    const bool too_deep = nested_deeper(content);  // to copy or write it would take as many calls within each other
    Json document = too_deep ? Json{} : Json::parse(content, nullptr, false);
    wipe(content);
    if (too_deep) {
        throw Error{Code::storage, "{} is nested more than {} levels deep", file.string(), deepest_json}.hint(
            "Mend it, or move it aside and run: eph auth setup");
    }
    if (!document.is_object()) {
        throw Error{Code::storage, "{} is not a JSON object", file.string()}.hint(
            "Mend it, or move it aside and run: eph auth setup");
    }
    return document;
}

const StoredAccount* Config::find(const std::string& provider, const std::string& name) const {
    const auto found = std::find_if(accounts.begin(), accounts.end(), [&](const StoredAccount& each) {
        return each.provider == provider && each.name == name;
    });
    return found == accounts.end() ? nullptr : &*found;
}

const StoredAccount* Config::find_named(const std::string& name) const {
    if (name == default_name) return nullptr;
    const auto found =
        std::find_if(accounts.begin(), accounts.end(), [&](const StoredAccount& each) { return each.name == name; });
    return found == accounts.end() ? nullptr : &*found;
}

const ProviderConfig* Config::find_provider(std::string_view name) const {
    const auto found =
        std::find_if(providers.begin(), providers.end(), [&](const ProviderConfig& each) { return each.name == name; });
    return found == providers.end() ? nullptr : &*found;
}

Config read_config(const fs::path& file) {
    const Json document = parse_config(file);
    Config config;
    std::set<std::string> further;
    if (const auto providers = document.find("providers"); providers != document.end() && providers->is_object()) {
        config.providers = read_providers(file, *providers);
        for (const ProviderConfig& each : config.providers) {
            if (find_provider(each.name) == nullptr) further.insert(each.name);
        }
    }
    const ConfigSection section{file, document, ConfigPart::file, "", further};
    config.via = via_in(section, config.via);
    config.max_ttl = section.duration("max_ttl", config.max_ttl);
    config.default_ttl = std::min(section.duration("default_ttl", config.default_ttl), config.max_ttl);
    config.store_timeout = section.duration("store_timeout", config.store_timeout);
    if (const std::string name = section.text("default_account"); !name.empty()) config.default_account = name;
    read_defaults(file, document, further, config);
    if (const Json* accounts = section.find("accounts")) read_named(file, *accounts, config);
    refuse_if_shared(file, config);
    return config;
}

}  // namespace eph
