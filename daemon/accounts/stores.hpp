// The stores of admin keys and API keys, and what each makes its program do. A table of pure functions; store_calls.hpp
// runs them.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/providers.hpp"
#include "common/secret.hpp"
#include "daemon/accounts/account.hpp"

namespace eph {

inline constexpr const char* file_store = "file";
inline constexpr const char* keychain_store = "keychain";
inline constexpr const char* secret_service_store = "secret-service";
inline constexpr const char* pass_store = "pass";
inline constexpr const char* command_store = "command";
inline constexpr const char* memory_store = "memory";

#if defined(__APPLE__)
inline constexpr bool keychain_is_usual = true;
#else
inline constexpr bool keychain_is_usual = false;
#endif

// Which secret of which store.
struct Slot {
    std::string provider;
    std::string name;
    std::string store;
    std::vector<std::string> command;
    bool shell = false;
    bool wants_project = false;  // the configuration names none: the keychain may

    explicit Slot(const StoredAccount& account)
        : provider(account.provider),
          name(account.name),
          store(account.store),
          command(account.command),
          shell(account.shell),
          wants_project(account.project.empty() && account.store == keychain_store && makes_keys_at(account.provider)) {
    }

    // "default"; with its provider where that is not OpenAI.
    std::string account() const { return makes_keys_at(provider) ? name : name + " of " + provider; }
};

// A command line, which every user can read, and what goes to its stdin, which nobody can.
struct StoreCall {
    std::vector<std::string> command;
    Secret input;
};

struct Store {
    std::string_view name;
    std::string_view program;  // "" where ephd itself keeps the key
    StoreCall (*load)(const Slot&);
    StoreCall (*put)(const Slot&, const Secret&);  // nullptr: it cannot be written by eph
    StoreCall (*clear)(const Slot&);
    StoreCall (*find)(const Slot&);  // prints something if there is such a secret, locked or not; or nullptr
    bool (*absent)(int status, std::string_view said);  // whether an end means that there is no such secret
    std::string (*where)(const Slot&);                  // for people
    std::string_view advice;                            // when it does not do what it should
};

std::span<const Store> stores();
const Store& find_store(std::string_view name);  // throws Error{usage} with the list of those that there are

// The project that the original tool kept beside its key.
StoreCall find_project(const Slot& slot);

}  // namespace eph
