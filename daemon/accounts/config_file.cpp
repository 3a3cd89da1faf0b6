// Reading and atomically rewriting config.json.
#include "daemon/accounts/config_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "common/duration.hpp"
#include "common/error.hpp"
#include "common/ids.hpp"
#include "common/paths.hpp"
#include "common/text.hpp"

namespace eph {
namespace fs = std::filesystem;
namespace {

using json = nlohmann::ordered_json;  // what is written again keeps the order that the person gave it

json parse(const fs::path& file) {
    std::ifstream stream{file};
    if (!stream) {
        if (errno == ENOENT || errno == ENOTDIR) return json::object();
        throw Error{Code::storage, "cannot read {}: {}", file.string(), std::strerror(errno)};
    }
    std::stringstream text;
    text << stream.rdbuf();
    std::string content = std::move(text).str();
    json document = json::parse(content, nullptr, false);
    wipe(content);
    if (!document.is_object()) {
        throw Error{Code::storage, "{} is not a JSON object", file.string()}.hint(
            "Mend it, or move it aside and run: eph auth setup");
    }
    return document;
}

std::string text_of(const json& object, const fs::path& file, std::initializer_list<const char*> names) {
    for (const char* name : names) {
        const auto found = object.find(name);
        if (found == object.end() || found->is_null()) continue;
        if (!found->is_string()) throw Error{Code::storage, "{}: '{}' must be a text", file.string(), name};
        return std::string{trim(found->get_ref<const std::string&>())};
    }
    return {};
}

Duration duration_of(const json& document, const fs::path& file, const char* name, Duration otherwise) {
    const std::string text = text_of(document, file, {name});
    try {
        return text.empty() ? otherwise : parse_duration(text);
    } catch (const Error& error) {
        throw Error{Code::storage, "{}: '{}': {}", file.string(), name, error.message()}.hint(error.hint());
    }
}

void refuse_if_shared(const fs::path& file) {
    struct stat info {};
    if (stat(file.c_str(), &info) != 0) return;
    if ((info.st_mode & 0077) == 0) return;
    throw Error{Code::storage, "{} holds an admin key and can be read by other users", file.string()}.hint(
        "Run: chmod 600 " + file.string());
}

void write_all(int descriptor, std::string_view text, const fs::path& file) {
    while (!text.empty()) {
        const ssize_t written = write(descriptor, text.data(), text.size());
        if (written < 0) throw Error{Code::storage, "cannot write {}: {}", file.string(), std::strerror(errno)};
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace

Config read_config(const fs::path& file) {
    const json document = parse(file);
    Config config;
    config.max_ttl = duration_of(document, file, "max_ttl", config.max_ttl);
    config.default_ttl = std::min(duration_of(document, file, "default_ttl", config.default_ttl), config.max_ttl);
    const auto openai = document.find("openai");
    if (openai == document.end()) return config;
    if (!openai->is_object()) throw Error{Code::storage, "{}: 'openai' must be an object", file.string()};
    std::string admin_key = text_of(*openai, file, {"admin_key", "adminKey"});
    if (!admin_key.empty()) refuse_if_shared(file);
    config.openai.admin_key = Secret::take(admin_key);
    config.openai.project = text_of(*openai, file, {"project_id", "projectId"});
    config.openai.base_url = text_of(*openai, file, {"base_url", "baseUrl"});
    return config;
}

void write_account(const fs::path& file, const Credential& account) {
    make_private_directory(file.parent_path());
    json document = parse(file);
    json& openai = document["openai"];
    if (!openai.is_object()) openai = json::object();
    for (const char* original : {"adminKey", "projectId", "baseUrl"}) openai.erase(original);
    openai["admin_key"] = std::string{account.admin_key.reveal()};
    openai["project_id"] = account.project;
    if (account.base_url.empty()) {
        openai.erase("base_url");
    } else {
        openai["base_url"] = account.base_url;
    }
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

}  // namespace eph
