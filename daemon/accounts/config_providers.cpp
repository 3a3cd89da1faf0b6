// What a person says of providers is checked here once: no key goes astray by a slip of the pen.
#include "daemon/accounts/config_providers.hpp"

#include <algorithm>
#include <array>

#include "common/providers.hpp"
#include "common/text.hpp"
#include "daemon/accounts/config_section.hpp"
#include "daemon/accounts/provider_view.hpp"
#include "daemon/https/url.hpp"

namespace eph {
namespace {

// Runs a check of somebody else's, and says what it says of this key.
template <class Check>
void checked(const ConfigSection& section, const char* name, Check check) {
    try {
        check();
    } catch (const Error& error) {
        throw section.wrong(name, ": " + error.message()).hint(error.hint());
    }
}

bool is_variable(const std::string& name) {
    const auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
    return !name.empty() && std::all_of(name.begin(), name.end(), fits) && (name[0] < '0' || name[0] > '9');
}

// "POST /chat/completions"
bool is_call(const std::string& text) {
    constexpr std::array<std::string_view, 5> methods{"GET", "POST", "PUT", "PATCH", "DELETE"};
    const std::size_t blank = std::min(text.find(' '), text.size());
    const std::string_view path = std::string_view{text}.substr(std::min(blank + 1, text.size()));
    return std::find(methods.begin(), methods.end(), text.substr(0, blank)) != methods.end() && path.starts_with('/') &&
           path.find("..") == path.npos && path.find("//") == path.npos && path.find_first_of("?# %") == path.npos &&
           !has_control(path);
}

void check_new(const ConfigSection& section, const ProviderConfig& provider) {
    if (provider.like.empty()) {
        throw section.wrong("is a provider that eph does not know, and does not say what it is like")
            .hint("For any OpenAI-compatible server: \"like\": \"openai\"");
    }
    if (find_provider(provider.like) == nullptr) checked(section, "like", [&] { (void)provider_row(provider.like); });
    if (provider.base_url.empty())
        throw section.wrong("has no base_url").hint("Say where its API is, such as https://gateway.example/v1.");
}

void check(const ConfigSection& section, const ProviderConfig& provider) {
    const ProviderRow* row = find_provider(provider.name);
    if (row == nullptr) {
        check_new(section, provider);
    } else if (!provider.like.empty()) {
        throw section.wrong("like", fmt::format("has no place there: eph knows {}", row->title));
    }
    if (!provider.base_url.empty()) checked(section, "base_url", [&] { (void)parse_base_url(provider.base_url); });
    if (provider.auth_header) checked(section, "auth_header", [&] { (void)parse_auth_header(*provider.auth_header); });
    if (!provider.key_variable.empty() && !is_variable(provider.key_variable))
        throw section.wrong("key_variable", "must be the name of a variable, such as LAB_API_KEY");
    for (const std::string& each : provider.paths) {
        if (is_call(each)) continue;
        throw section.wrong("paths", fmt::format("has '{}', which is no method and path", printable(each, 80)))
            .hint("Write it like \"POST /chat/completions\"; * stands for one part of a path.");
    }
    for (const std::string& each : provider.usage) {
        if (each.empty() || each[0] == '/') continue;
        throw section.wrong("usage", fmt::format("has '{}', which is no JSON pointer", printable(each, 80)))
            .hint("Write it like \"/usage\".");
    }
}

}  // namespace

std::vector<ProviderConfig> read_providers(const std::filesystem::path& file, const ConfigJson& providers) {
    std::vector<ProviderConfig> all;
    for (const auto& [name, object] : providers.items()) {
        const std::string path = "providers." + printable(name, 80);
        const auto refused = [&](const std::string& what) {
            return Error{Code::storage, "{}: '{}' {}", file.string(), path, what};
        };
        const bool key_of_file = find_provider(name) == nullptr && find_config_key(name, ConfigPart::file) != nullptr;
        if (!is_provider_name(name) || key_of_file)
            throw refused("cannot be a provider's name")
                .hint("1 to 40 small letters, digits and hyphens, and none of the file's own keys.");
        if (!object.is_object()) throw refused("must be an object");
        const ConfigSection section{file, object, ConfigPart::provider, path + "."};
        ProviderConfig provider;
        provider.name = canonical_provider(name);
        const bool twice =
            std::any_of(all.begin(), all.end(), [&](const ProviderConfig& each) { return each.name == provider.name; });
        if (twice) throw refused("is the same provider as '" + provider.name + "'");
        provider.like = section.text("like");
        provider.title = printable(section.text("title"), 60);
        provider.base_url = section.text("base_url");
        if (section.has("auth_header")) provider.auth_header = section.text("auth_header");
        provider.key_variable = section.text("key_variable");
        provider.paths = section.texts("paths");
        if (section.has("model")) provider.model = section.text("model");
        provider.usage = section.texts("usage");
        provider.usage_input = section.texts("usage_input");
        provider.usage_output = section.texts("usage_output");
        provider.usage_cached = section.texts("usage_cached");
        check(section, provider);
        all.push_back(std::move(provider));
    }
    return all;
}

}  // namespace eph
