// The ephd that runs, and who keeps it: what every `eph daemon` command looks at first.
#pragma once

#include <optional>

#include "client/services/supervisor.hpp"
#include "common/error.hpp"
#include "common/wire.hpp"

namespace eph {

struct Kept {
    FoundManager found;
    ServiceState service;                // nothing but no, where there is no service manager
    std::optional<wire::Status> status;  // nothing: no ephd runs, or there is
    std::optional<Error> silence;        // why an ephd that listens did not answer
    std::unique_ptr<Supervisor> hand = by_hand();

    // Whether the service manager keeps the ephd that runs, or would keep the one that is to start.
    bool managed() const;
    Supervisor& keeper() const;
    void must_answer() const;  // throws what `silence` is
};

// Starts no ephd, also not through a socket that the service manager holds.
Kept look_at_ephd();

// What an ephd that listens says of itself; nothing where nobody listens. A socket of the service manager's starts it.
std::optional<wire::Status> ask_ephd();

}  // namespace eph
