// What a session may leave behind: at the provider, in the ledger, on the host.
#pragma once

#include <algorithm>

#include "tests/integration/support/world.hpp"

namespace eph::test {

// Ignores what it can, and goes on until it is killed.
inline const std::string stubborn_agent =
    std::string{"trap '' HUP TERM INT QUIT\n"} + honest_agent + "echo ready; while :; do sleep 1; done\n";
// Leaves all signals as they are.
inline const std::string obedient_agent = std::string{honest_agent} + "echo ready; while :; do sleep 1; done\n";

// The processes that have `text` in their command line or their environment: numbers and names, one a line.
std::string processes_with(const std::string& text);

std::vector<pid_t> children_of(pid_t parent);
bool lives(pid_t process);  // a zombie does not

// "" as soon as nothing of the session is left of which the agent said where it is: no directory and no process on the
// host, no live key at the provider, nothing unsettled in the ledger. Else, after the limit, what there is.
std::string left_of(World& world, const std::string& said, Limit limit = 20s);

}  // namespace eph::test
