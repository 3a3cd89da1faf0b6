// The table, and the nearest name.
#include "common/config_keys.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "common/providers.hpp"

namespace eph {
namespace {

using enum ConfigPart;

constexpr std::array keys{
    ConfigKey{file, "openai", ConfigKind::account, "",
              "the OpenAI account that has no other name; it is called default"},
    ConfigKey{
        file, any_provider, ConfigKind::account, "",
        "the same of another provider, under the provider's name, as anthropic, google (or gemini) and openrouter"},
    ConfigKey{file, "accounts", ConfigKind::accounts, "", "further accounts, by the names that --account takes"},
    ConfigKey{file, "default_account", ConfigKind::text, "default",
              "the account that is meant where nobody names one, for its own provider"},
    ConfigKey{file, "providers", ConfigKind::providers, "",
              "changes to what eph knows of providers, and further ones, by their names"},
    ConfigKey{file, "via", ConfigKind::text, "auto",
              "what a session gets where --via does not say: key, a disposable key; broker, no key at all; auto, a key "
              "where the provider makes keys, else the broker"},
    ConfigKey{file, "default_ttl", ConfigKind::duration, "2h", "how long a key lives where nobody says"},
    ConfigKey{file, "max_ttl", ConfigKind::duration, "24h", "how long a key may live at most"},
    ConfigKey{file, "store_timeout", ConfigKind::duration, "10s",
              "how long a store of keys may take to give one, its person's own unlocking included"},
    ConfigKey{account, "provider", ConfigKind::text, "openai", "whose account it is"},
    ConfigKey{account, "store", ConfigKind::text, "file",
              "where its key is kept: file, keychain, secret-service, pass, command or memory"},
    ConfigKey{account, "admin_key", ConfigKind::text, "", "OpenAI's admin key itself, for the store file alone",
              "adminKey"},
    ConfigKey{account, "api_key", ConfigKind::text, "", "another provider's API key itself, for the store file alone"},
    ConfigKey{account, "command", ConfigKind::command, "",
              "for the store command: what prints the key as its first line"},
    ConfigKey{account, "project_id", ConfigKind::text, "", "OpenAI's project for disposable keys", "projectId"},
    ConfigKey{account, "base_url", ConfigKind::text, "the provider's own",
              "where the provider's API is, /v1 included as in https://api.openai.com/v1; plain http only to this "
              "machine",
              "baseUrl"},
    ConfigKey{account, "fingerprint", ConfigKind::text, "",
              "written by eph auth setup, so that the account can be told without unlocking its store"},
    ConfigKey{provider, "like", ConfigKind::text, "openai",
              "for a provider that eph does not know: the one that it speaks like"},
    ConfigKey{provider, "title", ConfigKind::text, "", "what people call it"},
    ConfigKey{provider, "base_url", ConfigKind::text, "the provider's own",
              "where its API is; a provider that eph does not know needs it"},
    ConfigKey{provider, "auth_header", ConfigKind::text, "the provider's own",
              "the header for the key, such as Authorization: Bearer or x-api-key; none where it takes no key"},
    ConfigKey{provider, "key_variable", ConfigKind::text, "the provider's own",
              "the variable in which agents, and eph, look for its key; MY_LAB_API_KEY for a provider my-lab"},
    ConfigKey{provider, "paths", ConfigKind::texts, "the provider's own",
              "what the broker lets through, below the base URL, such as POST /chat/completions or GET /models/*; they "
              "replace the usual ones"},
    ConfigKey{provider, "model", ConfigKind::text, "the provider's own",
              "the member of a request that names its model; path where it stands in the path"},
    ConfigKey{provider, "usage", ConfigKind::texts, "the provider's own",
              "JSON pointers to the objects of an answer that tell its tokens, such as /usage"},
    ConfigKey{provider, "usage_input", ConfigKind::texts, "the provider's own",
              "the names that the tokens in have there"},
    ConfigKey{provider, "usage_output", ConfigKind::texts, "the provider's own",
              "the names that the tokens out have there"},
    ConfigKey{provider, "usage_cached", ConfigKind::texts, "the provider's own", "where the cached tokens stand there"},
};

// How many letters have to be put in, taken out or changed (Levenshtein).
std::size_t distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 0; j < to.size(); ++j) {
            const std::size_t changed = diagonal + (from[i] == to[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::span<const ConfigKey> config_keys() { return keys; }

std::string_view name_of(ConfigKind kind) {
    switch (kind) {
        case ConfigKind::text:
            return "a text";
        case ConfigKind::texts:
            return "a list of texts";
        case ConfigKind::duration:
            return "a length of time, such as \"90m\"";
        case ConfigKind::command:
            return "a text or a list of words";
        case ConfigKind::account:
        case ConfigKind::accounts:
        case ConfigKind::providers:
            return "an object";
    }
    return "";
}

const ConfigKey* find_config_key(std::string_view name, ConfigPart part) {
    const bool other_provider = part == file && name != "openai" && find_provider(name) != nullptr;
    const std::string_view wanted = other_provider ? any_provider : name;
    const auto found = std::find_if(keys.begin(), keys.end(), [&](const ConfigKey& each) {
        return each.part == part && (each.name == wanted || (!each.original.empty() && each.original == wanted));
    });
    return found == keys.end() || (name == any_provider && part == file) ? nullptr : &*found;
}

std::string hint_for_unknown_key(std::string_view name, ConfigPart part) {
    constexpr std::size_t near = 3;
    std::string known;
    std::vector<std::string_view> names;
    for (const ConfigKey& each : keys) {
        if (each.part != part) continue;
        known += (known.empty() ? "" : ", ") + std::string{each.name};
        names.push_back(each.name);
    }
    if (part == file) {
        for (const ProviderRow& row : provider_rows()) names.push_back(row.name);
    }
    const std::string_view nearest = *std::min_element(
        names.begin(), names.end(), [&](auto one, auto other) { return distance(name, one) < distance(name, other); });
    const std::size_t far = distance(name, nearest);
    if (far <= near && far < nearest.size() / 2) return "Did you mean '" + std::string{nearest} + "'?";
    return "Known are: " + known + ".";
}

}  // namespace eph
