// Asking the stores: bounded, with an error that says which store, which program, what it said and what to do.
#pragma once

#include <string>

#include "common/async/task.hpp"
#include "common/time.hpp"
#include "daemon/accounts/stores.hpp"

namespace eph {

struct FromStore {
    Secret key;
    std::string project;  // where the slot wants it and the store has it
};

// For the stores that run a program. Each throws Error; loading Error{no_account}, the others Error{storage}.
Task<FromStore> load_from_store(Slot slot, Duration limit);
Task<void> put_into_store(Slot slot, Secret key, Duration limit);  // and reads it back
Task<void> clear_from_store(Slot slot, Duration limit);            // none there is no error

// Why there is no Secret Service to be used here; "" where one answers.
Task<std::string> fault_of_secret_service();

}  // namespace eph
