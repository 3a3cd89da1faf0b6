// ephd's command line.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace eph {

struct Options {
    std::filesystem::path socket;
    std::filesystem::path ledger;
    std::filesystem::path config;
    std::filesystem::path log_file;  // "": standard error
    int ready_descriptor = -1;       // gets one byte when ephd is ready; -1: none
    bool verbose = false;
};

// The options, or the status to exit with at once (help, version, a usage error that was told).
struct ParsedOptions {
    Options options;
    std::optional<int> exit_status;
};
ParsedOptions parse_options(int argc, char** argv);

// What --help says of each option, for the manual.
struct OptionText {
    std::string names;  // "-v,--verbose"
    std::string value;  // "PATH"; "" for a flag
    std::string help;
};
std::string describe_daemon();
std::vector<OptionText> describe_options();

}  // namespace eph
