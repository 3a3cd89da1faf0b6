// A provider that makes no keys: whether it accepts the person's own.
#pragma once

#include "daemon/accounts/provider_view.hpp"
#include "daemon/https/https_client.hpp"

namespace eph {

// One small call that computes nothing. Returns what it shows, for people: "accepts the API key and lists its models".
// Throws Error.
Task<std::string> check_plain_key(HttpsClient& https, ProviderView provider, AccountRef account);

}  // namespace eph
