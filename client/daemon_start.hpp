// Starting ephd where nobody listens, as gpg-agent and tmux are started by their clients.
#pragma once

#include <string>

#include "common/error.hpp"

namespace eph {

// Starts ephd for a command that needs it: the service if it is installed, else as launch_daemon() does.
// Does nothing but throw where EPH_NO_AUTOSTART is set.
bool start_daemon();

// Starts the ephd that lies beside eph (else on the PATH) in the background and waits until it is ready.
// False when another ephd holds the ledger: one that is starting, or one that is just ending.
// Throws Error{daemon_unreachable}.
bool launch_daemon();

// What to say when that stays so, and nobody listens where this eph looks.
Error ephd_elsewhere();

std::string find_ephd();  // beside eph: its path; else "ephd", for the PATH

}  // namespace eph
