// The table, and the nearest name.
#include "common/config_keys.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

namespace eph {
namespace {

constexpr std::array keys{
    ConfigKey{false, "openai", ConfigKind::account, "",
              "the OpenAI account that has no other name; it is called default"},
    ConfigKey{false, "accounts", ConfigKind::accounts, "", "further accounts, by the names that --account takes"},
    ConfigKey{false, "default_account", ConfigKind::text, "default",
              "the account that is meant where nobody names one"},
    ConfigKey{false, "default_ttl", ConfigKind::duration, "2h", "how long a key lives where nobody says"},
    ConfigKey{false, "max_ttl", ConfigKind::duration, "24h", "how long a key may live at most"},
    ConfigKey{false, "store_timeout", ConfigKind::duration, "10s",
              "how long a store of admin keys may take to give one, its person's own unlocking included"},
    ConfigKey{true, "provider", ConfigKind::text, "openai", "whose account it is"},
    ConfigKey{true, "store", ConfigKind::text, "file",
              "where its admin key is kept: file, keychain, secret-service, pass, command or memory"},
    ConfigKey{true, "admin_key", ConfigKind::text, "", "the admin key itself, for the store file alone", "adminKey"},
    ConfigKey{true, "command", ConfigKind::command, "",
              "for the store command: what prints the admin key as its first line"},
    ConfigKey{true, "project_id", ConfigKind::text, "", "the project for disposable keys", "projectId"},
    ConfigKey{true, "base_url", ConfigKind::text, "https://api.openai.com/v1",
              "where the provider's API is, /v1 included; plain http only to this machine", "baseUrl"},
    ConfigKey{true, "fingerprint", ConfigKind::text, "",
              "written by eph auth setup, so that the account can be told without unlocking its store"},
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
        case ConfigKind::duration:
            return "a length of time, such as \"90m\"";
        case ConfigKind::command:
            return "a text or a list of words";
        case ConfigKind::account:
        case ConfigKind::accounts:
            return "an object";
    }
    return "";
}

const ConfigKey* find_config_key(std::string_view name, bool of_account) {
    const auto found = std::find_if(keys.begin(), keys.end(), [&](const ConfigKey& each) {
        return each.of_account == of_account &&
               (each.name == name || (!each.original.empty() && each.original == name));
    });
    return found == keys.end() ? nullptr : &*found;
}

std::string hint_for_unknown_key(std::string_view name, bool of_account) {
    constexpr std::size_t near = 3;
    std::string known;
    const ConfigKey* nearest = nullptr;
    for (const ConfigKey& each : keys) {
        if (each.of_account != of_account) continue;
        known += (known.empty() ? "" : ", ") + std::string{each.name};
        if (nearest == nullptr || distance(name, each.name) < distance(name, nearest->name)) nearest = &each;
    }
    const std::size_t far = distance(name, nearest->name);
    if (far <= near && far < nearest->name.size() / 2) return "Did you mean '" + std::string{nearest->name} + "'?";
    return "Known are: " + known + ".";
}

}  // namespace eph
