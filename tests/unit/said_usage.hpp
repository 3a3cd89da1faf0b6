// Answers as each provider gives them, and the usage that is said in them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/broker/usage_scan.hpp"

namespace eph::test {

struct Said {
    const char* name;
    const char* provider;
    const char* type;
    std::string body;
    std::optional<std::int64_t> input, output, cached, written;
};

inline constexpr const char* json_type = "application/json; charset=utf-8";
inline constexpr const char* sse = "text/event-stream; charset=utf-8";

std::string event(const std::string& data, const char* end = "\n\n");

// An answer for each shape that is known; what the sums have to be stands behind it.
std::vector<Said> answers();

void check(const Said& said, const Measured& found);

}  // namespace eph::test
