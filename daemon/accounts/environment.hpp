// What ephd is given of credentials by its own environment and by systemd.
#pragma once

#include <map>
#include <string>

#include "daemon/accounts/account.hpp"
#include "daemon/accounts/provider_view.hpp"

namespace eph {

struct FoundCredential {
    Credential credential;
    std::string source = "environment";  // or credential, from systemd's credentials directory
};
using FoundCredentials = std::map<std::string, FoundCredential>;  // by provider

// Takes every variable that may hold a secret of a provider in the table out of the environment, overwriting it there;
// reads $CREDENTIALS_DIRECTORY: openai-admin-key, openai-project-id, <provider>-api-key.
FoundCredentials take_environment_credentials();

// The same for a provider that only the configuration knows, or for which it names another variable.
FoundCredential take_credential(const ProviderView& provider);

}  // namespace eph
