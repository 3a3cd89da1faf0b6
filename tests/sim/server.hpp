// Listens, says where, and serves until SIGTERM or SIGINT.
#pragma once

#include "sim.hpp"

namespace eph::sim {

// Throws where it cannot listen.
void serve(Sim& sim);

}  // namespace eph::sim
