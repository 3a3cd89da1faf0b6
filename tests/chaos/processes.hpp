// Who runs in the round, by /proc.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/chaos/plan.hpp"

namespace eph::chaos {

struct Process {
    pid_t pid = 0, parent = 0;
    std::string name;  // as the kernel has it
    std::string command_line;
};

// All that live in this round's name space, zombies not.
std::vector<Process> processes();

std::vector<pid_t> candidates(Victim victim, pid_t sshd);

}  // namespace eph::chaos
