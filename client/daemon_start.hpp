// Starting ephd where nobody listens, as gpg-agent and tmux are started by their clients.
#pragma once

namespace eph {

// Starts the ephd that lies beside eph (else on the PATH) in the background and waits until it is ready.
// False when another ephd holds the ledger: one that is starting, or one that is just ending.
// Throws Error{daemon_unreachable}; does nothing but throw where EPH_NO_AUTOSTART is set.
bool start_daemon();

}  // namespace eph
