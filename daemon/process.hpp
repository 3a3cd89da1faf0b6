// What ephd does to its own process: readiness.
#pragma once

namespace eph {

// sd_notify(3): tells the service manager, where there is one.
void notify_service_manager(const char* state);

// Tells whoever started ephd by hand, and closes the descriptor.
void notify_starter(int descriptor);

// To the system: what was taken for a moment and is free, and the code and constants that only the start needed, which
// it has at hand should they be asked for again.
void give_back_memory();

}  // namespace eph
