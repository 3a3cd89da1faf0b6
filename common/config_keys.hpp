// Every key of config.json. The file is read by this table, and eph-config(5) is made from it.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace eph {

enum class ConfigKind {
    text,
    duration,  // a text such as "90m"
    command,   // a text for sh -c, or a list of words that are run as they are
    account,   // an object whose keys are those of an account
    accounts,  // an object of such objects, by the accounts' names
};

// Where an admin key can be kept.
inline constexpr std::array<std::string_view, 6> store_names{"file", "keychain", "secret-service",
                                                             "pass", "command",  "memory"};

struct ConfigKey {
    bool of_account;  // a key of an account's object; else one of the file itself
    std::string_view name;
    ConfigKind kind;
    std::string_view otherwise;      // what holds without it; "" where there is nothing to say
    std::string_view help;           // a sentence without its full stop
    std::string_view original = "";  // the name that the original tool gave it, which is read too
};

std::span<const ConfigKey> config_keys();
std::string_view name_of(ConfigKind kind);  // for people: "a text", "a length of time", ...

// The key of that name, by either of its names; nullptr if there is none.
const ConfigKey* find_config_key(std::string_view name, bool of_account);

// What to say about a name that is not in the table: the nearest that is, or all of them.
std::string hint_for_unknown_key(std::string_view name, bool of_account);

}  // namespace eph
