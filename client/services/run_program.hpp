// A program that eph runs for its answer: systemctl, launchctl, loginctl.
#pragma once

#include <string>
#include <vector>

#include "common/time.hpp"

namespace eph {

struct ProgramAnswer {
    int status = -1;        // 128 + n when signal n ended it; 127: it is not there
    std::string said;       // stdout
    std::string complaint;  // stderr

    bool ok() const { return status == 0; }
    std::string reason() const;  // the first line of the complaint, or the status, for an error's text
};

// Runs it without eph's credentials in its environment and with nothing on stdin. Throws Error{timeout} after `limit`.
ProgramAnswer run_program(const std::vector<std::string>& command, Duration limit);

// Becomes the program; throws Error{not_found} when it is not there.
[[noreturn]] void become_program(const std::vector<std::string>& command);

}  // namespace eph
