// What there is on this machine to complete: hosts by ssh's configuration, the rest by an ephd that runs.
#pragma once

#include "client/completion/complete.hpp"

namespace eph {

// Never throws, never starts ephd, never takes longer than 300 ms.
std::vector<Candidate> known_here(Names names);

}  // namespace eph
