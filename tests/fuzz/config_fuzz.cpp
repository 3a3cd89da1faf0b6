// config.json, whatever is in it: read, turned into providers, and written back.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "common/error.hpp"
#include "daemon/accounts/config_file.hpp"
#include "daemon/broker/upstreams.hpp"
#include "tests/fuzz/support/fuzz.hpp"

namespace eph::fuzz {
namespace {

// A file without a disk, only its owner's.
std::filesystem::path file_with(std::string_view text) {
    static const int file = memfd_create("config.json", MFD_CLOEXEC);
    must(file >= 0 && fchmod(file, 0600) == 0 && ftruncate(file, 0) == 0, "there is memory for a file");
    must(pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()), "it can be written");
    return "/proc/self/fd/" + std::to_string(file);
}

// No sentence about a configuration tells the key in it.
void must_not_tell(const std::string& said, std::string_view input) {
    const auto document = nlohmann::json::parse(input, nullptr, false);
    for (const char* const name : {"admin_key", "adminKey", "api_key"}) {
        const auto account = document.is_object() ? document.find("openai") : document.end();
        if (account == document.end() || !account->is_object() || !account->contains(name)) continue;
        if (!(*account)[name].is_string()) continue;
        const std::string secret = (*account)[name].get<std::string>();
        const std::size_t first = input.find(secret);
        if (secret.size() < 12 || first == input.npos || input.find(secret, first + 1) != input.npos) continue;
        must(said.find(secret) == std::string::npos, "no key is told", said);
    }
}

void check(const Config& config, std::string_view input) {
    must(config.default_ttl <= config.max_ttl && config.default_ttl > Duration{0}, "a session has a length", input);
    for (const StoredAccount& account : config.accounts) must(!account.name.empty(), "an account has a name", input);
    for (const ProviderConfig& provider : config.providers) {
        try {
            const Upstream made = upstream_for(provider.name, config, parse_base_url("https://api.example.com/v1"));
            for (const AllowedPath& path : made.paths) must(path.pattern.starts_with('/'), "a path is a path", input);
        } catch (const Error& error) {
            must_be_printable(error.message());
        }
    }
}

}  // namespace

void one(std::string_view input) {
    try {
        check(read_config(file_with(input)), input);
    } catch (const Error& error) {
        must(error.code() == Code::storage, "a file that cannot be used is said to be one", error.message());
        must_be_printable(error.message());
        must_not_tell(error.message() + error.hint(), input);
    }
    try {
        (void)parse_allowed_path(input);
    } catch (const Error& error) {
        must(error.code() == Code::usage, "a path that is none is its writer's mistake", input);
        must_be_printable(error.message());
    }
}

}  // namespace eph::fuzz
