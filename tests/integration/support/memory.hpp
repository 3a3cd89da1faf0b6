// What of a process's memory holds a secret, or a piece of one: for root, who may read all of it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace eph::test {

struct Sighting {
    std::uint64_t address = 0;
    std::string secret;       // which of those that were looked for
    std::string form;         // whole, beginning, end, hex or base64
    std::string mapping;      // [heap], [stack], a file, or "" for memory that was mapped for a Secret or by malloc
    bool locked = false;      // VM_LOCKED: never in swap
    bool undumpable = false;  // VM_DONTDUMP: never in a core file
    std::string around;       // what stands before and behind it

    bool kept_as_a_secret() const { return form == "whole" && mapping.empty() && locked && undumpable; }
};

// All readable memory of the process, its stacks and its environment included. A secret has at least 20 characters:
// its first 20 and its last 16 are looked for, and its beginning in hexadecimal and base64.
std::vector<Sighting> sightings(pid_t process, const std::vector<std::string>& secrets);
inline std::vector<Sighting> sightings(pid_t process, const std::string& secret) {
    return sightings(process, std::vector<std::string>{secret});
}

std::string told(const std::vector<Sighting>& all);  // a line each; "" for none

// False, said, and a failure where CI is set: for whoever is not root. Also false under a sanitizer, whose allocator
// keeps what is freed: there is nothing to be proved of such a build.
bool memory_can_be_read();

}  // namespace eph::test
