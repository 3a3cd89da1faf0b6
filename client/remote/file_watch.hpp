// Waiting for a file that another program makes.
#pragma once

#include <string>

#include "common/async/task.hpp"

namespace eph {

// True once it is there. False where this system cannot tell (inotify), or its directory is not there.
Task<bool> appears(std::string path);

}  // namespace eph
