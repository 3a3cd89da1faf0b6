// Keys as the provider has them: those of other machines, when each was last used, and which one a reference means.
#pragma once

#include <optional>
#include <string>

#include "common/wire.hpp"
#include "daemon/api/shared.hpp"

namespace eph {

// Adds what only the provider knows to the ledger's rows, which stand in `list` in this order. What cannot be had is
// said in the list's note.
Task<void> add_provider_side(Services& services, const AskedAccounts& asked, const std::vector<KeyRow>& rows,
                             wire::KeyList& list);

// A key that the ledger does not know, by the provider's id of its service account, user or API key, or by its name,
// each of them whole: taken into the ledger, so that it is revoked like any other. Throws Error{forbidden} for what no
// tool of this kind made.
Task<std::optional<KeyRow>> adopt_from_provider(Services& services, const AskedAccounts& asked, std::string reference);

}  // namespace eph
