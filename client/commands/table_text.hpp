// Tables for people: columns as wide as their widest cell.
#pragma once

#include <string>
#include <vector>

namespace eph {

// The first row is the head. Cells are cleaned of control characters.
std::string format_table(const std::vector<std::vector<std::string>>& rows);

std::string when(std::int64_t unix_seconds);          // 2026-11-23 14:05, local time
std::string when_exactly(std::int64_t unix_seconds);  // with its seconds
std::string time_since(std::int64_t unix_seconds);    // 1h12m, 5s
std::string time_left(std::int64_t unix_seconds);     // 1h12m, "over"

}  // namespace eph
