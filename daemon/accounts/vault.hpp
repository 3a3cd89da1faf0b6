// Admin keys out of the stores, in memory: loaded when they are needed, once for all who ask at the same time.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "common/async/signal.hpp"
#include "common/error.hpp"
#include "daemon/accounts/stores.hpp"

namespace eph {

// Who asks: a person, for whom a store that did not answer is tried again at once, or the janitor, who comes back
// often.
enum class Asker { person, janitor };

class Vault {
public:
    explicit Vault(asio::any_io_executor executor) : changed_(executor) {}

    // Returns once the slot's key is here, after asking its store if need be, or once the slot was forgotten meanwhile.
    // Throws Error{no_account}.
    Task<void> load(Slot slot, Duration limit, Asker asker);

    const Secret* key(const Slot& slot) const;    // nullptr: not here
    std::string project(const Slot& slot) const;  // that the keychain has beside the key
    std::string problem(const Slot& slot) const;  // of the last load; "" if it succeeded, or there was none

    void put(const Slot& slot, Secret key);
    void forget(const Slot& slot);

private:
    struct Entry {
        Secret key;
        std::string project;
        std::optional<Error> trouble;
        std::chrono::steady_clock::time_point tried{};
        bool loading = false;
        std::uint64_t changes = 0;  // by others than a load
    };
    // A slot whose store or command was changed is another one.
    static std::string id_of(const Slot& slot);
    const Entry* find(const Slot& slot) const;

    std::map<std::string, Entry> entries_;
    Signal changed_;
};

}  // namespace eph
