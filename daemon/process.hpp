// What ephd does to its own process: readiness.
#pragma once

namespace eph {

// sd_notify(3): tells the service manager, where there is one.
void notify_service_manager(const char* state);

// Tells whoever started ephd by hand, and closes the descriptor.
void notify_starter(int descriptor);

}  // namespace eph
