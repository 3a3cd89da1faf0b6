// What the host is told of a session while it runs: one line of JSON in the file `status` of its directory, from which
// Pi's extension makes a status line, warnings and a notice (client/agents/pi-extension.ts).
#pragma once

#include <string>
#include <string_view>

#include "common/time.hpp"

namespace eph {

// Lines for the keeper's stdin. The time left, not the time of day: the host's clock may be wrong.
std::string live_line(std::string_view host, Duration left);
std::string over_line(std::string_view host, std::string_view why);

}  // namespace eph
