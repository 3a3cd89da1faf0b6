// Running another program to its end, without waiting for longer than is said.
#pragma once

#include <string>
#include <vector>

#include "common/async/task.hpp"
#include "common/secret.hpp"
#include "common/time.hpp"

namespace eph {

struct ProgramEnd {
    int status = -1;  // 128 + the signal, as a shell has it
    std::string out;  // the first 64 KiB
    std::string err;
};

// `input` (at most a few KiB) is all of its stdin. It runs in a process group of its own, with clean_environment() and
// no descriptor of ephd's. Throws Error{timeout} after `limit`, when its whole group is killed, and Error{not_found}
// where there is no such program.
Task<ProgramEnd> run_program(std::vector<std::string> command, Secret input, Duration limit);

}  // namespace eph
