// What load measures, and how it is asked to.
#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace eph::test {

struct LoadOptions {
    int count = 1000;    // sessions at once
    int keys = 100'000;  // in the ledger
    int due = 10'000;    // of them, at the same moment
    int slowed = 10;     // seconds for which the provider answers 429
};
inline LoadOptions load_options;

using Clock = std::chrono::steady_clock;

inline double millis_since(Clock::time_point began) {
    return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

// Of a sorted copy; 0 of nothing.
inline double percentile(std::vector<double> values, double part) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[std::min(values.size() - 1, static_cast<std::size_t>(part * static_cast<double>(values.size())))];
}

struct SeededKey {
    std::string name;
    std::string service_account_id;
};

// Writes the ledger's file: `due` as live keys whose time is over, and as many revoked ones as make `keys` together.
void seed_ledger(const std::filesystem::path& file, const std::string& base_url, const std::vector<SeededKey>& due,
                 int keys);

}  // namespace eph::test
