// When a session ends, and when its client is warned of it: pure functions.
#pragma once

#include <optional>

#include "common/time.hpp"

namespace eph {

// The end that is `by` later. Throws Error{usage} where that is more than `longest` after the session's start, and says
// how much is possible.
Timestamp extended_deadline(Timestamp started, Timestamp deadline, Duration by, Duration longest);

// The next warning behind `after`: ten minutes before the deadline, and one. None that is not later than the start, if
// that is what `after` is.
std::optional<Timestamp> next_warning(Timestamp deadline, Timestamp after);

}  // namespace eph
