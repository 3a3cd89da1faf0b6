// The end of a session that ephd tells of: in words, and as an exit status.
#pragma once

#include <string>

#include "common/time.hpp"

namespace eph {

struct ToldEnd {
    std::string why;  // "it was stopped ..."
    int status = 0;
};

// `reason` as the lease has it (docs/api.yaml); `ends_at` is the session's deadline.
ToldEnd told_end(const std::string& reason, Timestamp ends_at);

}  // namespace eph
