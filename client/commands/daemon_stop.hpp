// Ending ephd without leaving keys behind: for eph daemon stop and uninstall.
#pragma once

#include "client/cli.hpp"
#include "client/services/kept.hpp"

namespace eph {

// Ends what lives, as the person has agreed (--yes, or asked; --keep leaves it as it is), then stops ephd. Throws when
// they do not agree, and Error{provider_refused} when a revocation is not confirmed, unless --force.
void end_ephd(const Kept& kept, const Arguments& arguments);

}  // namespace eph
