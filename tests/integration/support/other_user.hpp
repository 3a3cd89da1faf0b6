// Work that another user does.
#pragma once

#include <sys/types.h>

#include <functional>
#include <ostream>
#include <string>

namespace eph::test {

// What `what` writes, done in a child that becomes the user; root stays root. Throws where that is not allowed, or what
// it threw.
std::string as_user(uid_t user, const std::function<void(std::ostream&)>& what);

}  // namespace eph::test
