// Every key of config.json. The file is read by this table, and eph-config(5) is made from it.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eph {

enum class ConfigKind {
    text,
    texts,      // a list of them
    duration,   // a text such as "90m"
    command,    // a text for sh -c, or a list of words that are run as they are
    account,    // an object whose keys are those of an account
    accounts,   // an object of such objects, by the accounts' names
    providers,  // an object of objects whose keys are those of a provider, by the providers' names
};

// Whose key it is: the file's own, or that of an object in it.
enum class ConfigPart { file, account, provider };

// Where the credential of an account can be kept.
inline constexpr std::array<std::string_view, 6> store_names{"file", "keychain", "secret-service",
                                                             "pass", "command",  "memory"};

struct ConfigKey {
    ConfigPart part;
    std::string_view name;
    ConfigKind kind;
    std::string_view otherwise;      // what holds without it; "" where there is nothing to say
    std::string_view help;           // a sentence without its full stop
    std::string_view original = "";  // the name that the original tool gave it, which is read too
};

// In the manual this stands for the name of any provider but OpenAI, each of which is a key of the file.
inline constexpr std::string_view any_provider = "<provider>";

std::span<const ConfigKey> config_keys();
std::string_view name_of(ConfigKind kind);  // for people: "a text", "a length of time", ...

// The key of that name, by either of its names, the names of providers included; nullptr if there is none.
const ConfigKey* find_config_key(std::string_view name, ConfigPart part);

// What to say about a name that is not in the table: the nearest that is, or all of them.
std::string hint_for_unknown_key(std::string_view name, ConfigPart part);

}  // namespace eph
