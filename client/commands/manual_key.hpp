// A key that the person brings: typed without echo, or printed by a command of theirs.
#pragma once

#include <string>
#include <string_view>

#include "common/secret.hpp"

namespace eph {

// Both throw Error{usage} where no key comes, or what comes cannot be one.
Secret prompt_for_key(std::string_view provider);
Secret key_from_command(const std::string& command);  // the first line of what `sh -c` prints within 60 s

}  // namespace eph
