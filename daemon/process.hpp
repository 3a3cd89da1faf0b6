// What ephd does to its own process: credentials out of its environment, readiness.
#pragma once

#include "daemon/accounts/account.hpp"

namespace eph {

struct EnvironmentCredential {
    Credential credential;
    const char* source = "environment";
};
// Takes the account's variables out of the environment, overwriting them there, and reads systemd's credentials
// directory.
EnvironmentCredential take_environment_credential();

// sd_notify(3): tells the service manager, where there is one.
void notify_service_manager(const char* state);

// Tells whoever started ephd by hand, and closes the descriptor.
void notify_starter(int descriptor);

}  // namespace eph
