// The keys in eph's own environment.
#pragma once

namespace eph {

// Moves every variable that may hold a provider's key to a locked page, out of the memory that /proc/<pid>/environ
// shows. getenv() finds them as before; what eph runs is given what it was given before.
void lock_environment();

}  // namespace eph
