// What ephd does, one thing at a time.
#pragma once

#include "tests/instants/stage.hpp"

namespace eph::test {

struct Operation {
    const char* name;
    std::vector<std::string> sim_options;
    void (*prepare)(Stage&);
    // Returns when all of it is done, or when it cannot be any more: ephd is dead, or its disk fails.
    void (*work)(Stage&);
};

const std::vector<Operation>& operations();

}  // namespace eph::test
