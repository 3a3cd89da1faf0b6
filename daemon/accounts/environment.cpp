// Reading it once, and leaving nothing behind in /proc/<pid>/environ.
#include "daemon/accounts/environment.hpp"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "common/paths.hpp"
#include "common/providers.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

std::string take_variable(const std::string& name) {
    char* value = std::getenv(name.c_str());
    if (value == nullptr) return {};
    std::string copy{trim(value)};
    wipe_range(value, std::strlen(value));
    unsetenv(name.c_str());
    return copy;
}

std::string read_credential_file(const std::string& name) {
    const std::string directory = environment("CREDENTIALS_DIRECTORY");
    if (directory.empty()) return {};
    std::ifstream stream{std::filesystem::path{directory} / name, std::ios::binary};
    if (!stream) return {};
    std::string content{std::istreambuf_iterator<char>{stream}, {}};
    std::string trimmed{trim(content)};
    wipe(content);
    return trimmed;
}

void take_secret(FoundCredential& found, std::string from_variable, const std::string& file) {
    if (from_variable.empty()) {
        from_variable = read_credential_file(file);
        if (!from_variable.empty()) found.source = "credential";
    }
    found.credential.secret = Secret::take(from_variable);
}

}  // namespace

FoundCredential take_credential(const ProviderView& provider) {
    FoundCredential found;
    std::string key;
    for (const std::string& variable : provider.credential_variables) {
        std::string value = take_variable(variable);
        if (key.empty()) key = value;
        wipe(value);
    }
    take_secret(found, std::move(key), provider.name + (provider.makes_keys ? "-admin-key" : "-api-key"));
    if (provider.makes_keys) {
        found.credential.project = take_variable("OPENAI_PROJECT_ID");
        if (found.credential.project.empty()) found.credential.project = read_credential_file("openai-project-id");
    }
    found.credential.provider = provider.name;
    found.credential.base_url = environment(base_url_variable(provider.name).c_str());
    return found;
}

FoundCredentials take_environment_credentials() {
    FoundCredentials all;
    const Config plain;
    for (const ProviderRow& row : provider_rows()) {
        FoundCredential found = take_credential(provider_view(row.name, plain));
        if (!found.credential.empty()) all.emplace(row.name, std::move(found));
    }
    // What eph makes no use of, such as OPENAI_API_KEY, is nothing for the programs that ephd runs either.
    for (const std::string& variable : key_variables_of_all()) {
        std::string value = take_variable(variable);
        wipe(value);
    }
    return all;
}

}  // namespace eph
