// The providers of models, as agents know them.
#pragma once

#include <string>
#include <string_view>

namespace eph {

struct ProviderRow {
    std::string_view name;      // as Pi's --provider has it
    std::string_view title;     // for people
    std::string_view variable;  // where agents look for the key
    std::string_view keys_at;   // where a person revokes a key by hand; "" where that is not known
};

// Throws Error{usage} that names the known ones.
const ProviderRow& provider_row(std::string_view name);

// True where ephd can make keys for a session, and revoke them.
bool makes_keys(std::string_view provider);

}  // namespace eph
