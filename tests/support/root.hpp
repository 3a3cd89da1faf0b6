// Tests of what only root can do.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <string>

#include "catch.hpp"

namespace eph::test {

// False for everybody else, who is told so; in CI that is a failure. `why`: "may trace ephd".
inline bool is_root(const std::string& why) {
    if (geteuid() == 0) return true;
    if (std::getenv("CI") != nullptr) FAIL("CI must not skip this, and only root " << why);
    WARN("skipped: only root " << why);
    return false;
}

}  // namespace eph::test
