// ephd's log: on standard error, in a file, or in systemd's journal.
#pragma once

#include "daemon/options.hpp"

namespace eph {

void start_log(const Options& options);

}  // namespace eph
