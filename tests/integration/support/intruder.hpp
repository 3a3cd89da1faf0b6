// A program of the same user that tries to look into another process, by every way that Linux has.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>

namespace eph::test {

inline constexpr uid_t nobody = 65534;

// By each way what came of it: "" where it was let in, else the error. Tried as user `uid`, who must not be root.
std::map<std::string, std::string> intrude(pid_t process, uid_t uid = nobody);

}  // namespace eph::test
