// The command line of chaos.
#pragma once

#include <cstdint>
#include <filesystem>

namespace eph::chaos {

struct Options {
    int sessions = 200;
    int minutes = 0;  // 0: as long as it takes
    int parallel = 4;
    std::uint64_t seed = 0;
    int only = -1;
    int first = 0;
    bool show_plan = false;
    std::string plant;
    std::filesystem::path keep = ".";  // where rounds live, and stay if they leak
};

Options parse_options(int argc, char** argv);  // ends the process itself on --help (0) and bad usage (64)

}  // namespace eph::chaos
