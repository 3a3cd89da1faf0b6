// The process of one round.
#pragma once

#include <filesystem>

#include "tests/chaos/plan.hpp"

namespace eph::chaos {

inline constexpr const char* result_file = "result.json";
inline constexpr const char* log_file = "log";

// Writes what came of it into `directory`, and more where there is a leak. Returns its exit status.
int play_round(const Plan& plan, const std::filesystem::path& directory);

}  // namespace eph::chaos
