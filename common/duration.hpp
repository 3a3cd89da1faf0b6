// Lengths of time as people write and read them.
#pragma once

#include <string>
#include <string_view>

#include "common/time.hpp"

namespace eph {

// "30m", "2h", "1h30m", "1d", "90s", or bare seconds ("1800"). Throws Error{usage} that names `text`; zero is refused.
Duration parse_duration(std::string_view text);

std::string format_duration(Duration length);  // exact to the second: 1d2h, 1h30m, 45s
std::string format_left(Duration left);        // for people: its two largest units, "over" when there is nothing left

}  // namespace eph
