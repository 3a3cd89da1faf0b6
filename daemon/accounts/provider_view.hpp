// One provider as ephd sees it: its row of the table, with what the configuration changes or adds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/providers.hpp"
#include "daemon/accounts/config_file.hpp"
#include "daemon/https/https_client.hpp"

namespace eph {

struct ProviderView {
    std::string name;  // never an alias
    std::string title;
    ApiFamily family = ApiFamily::openai;
    std::string key_variable;                       // where agents look for the key
    std::vector<std::string> credential_variables;  // where eph looks for a person's own credential
    std::string base_url;      // the configured one, or the provider's own; "" where neither is known
    std::string own_base_url;  // the provider's own, which agents know by themselves; "" for none
    std::string base_path;
    AuthHeader auth;
    std::string keys_at;  // where a person makes and revokes a key by hand, or ""
    bool makes_keys = false;
    bool needs_key = true;

    std::string_view credential() const { return credential_word(makes_keys); }
};

// Throws Error{usage} with the names that there are.
ProviderView provider_view(std::string_view name, const Config& config);

// All of them: those of the table, then those that the configuration alone has.
std::vector<std::string> provider_names(const Config& config);

// "Authorization: Bearer", "x-api-key", "none". Throws Error{usage} for what no key can be sent in.
AuthHeader parse_auth_header(std::string_view text);

// A base URL as a person writes it, for this provider: where agents put the version into the path themselves, one at
// its end is taken off. Throws Error{usage}.
BaseUrl base_url_for(const ProviderView& provider, std::string_view text);

// Throws Error{usage}, which says what to do instead, where ephd can make no keys.
void require_keys(const ProviderView& provider);

}  // namespace eph
