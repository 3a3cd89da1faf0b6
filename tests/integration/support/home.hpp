// A person's home for the length of a test: nothing of the real one is read or written.
#pragma once

#include "tests/integration/support/program.hpp"
#include "tests/support/temp_directory.hpp"

namespace eph::test {

class TempHome {
public:
    TempHome();

    std::filesystem::path path(const std::string& name) const { return directory_ / name; }
    std::filesystem::path socket() const { return path("run/eph/ephd.sock"); }
    std::filesystem::path ledger() const { return path("state/eph/ledger.db"); }
    std::filesystem::path config() const { return path("config/eph/config.json"); }

    Variables variables;  // what programs of this person have in their environment

private:
    TempDirectory directory_;
};

// Where a program is, or nothing, which is said, and which is a failure where CI is set.
bool available(const std::string& program);

}  // namespace eph::test
