// Where Pi finds a provider that is not at its usual place, or that Pi does not know.
#pragma once

#include "client/agents/agent.hpp"

namespace eph {

// Pi's models.json; nothing where Pi knows all by itself. Throws Error{usage} for a provider whose models Pi does not
// know, when none is named.
std::optional<RemoteFile> pi_models(const std::string& provider, const std::optional<std::string>& model,
                                    const LaunchPlace& place);

}  // namespace eph
