// What a session has used of its provider through the broker, in words.
#pragma once

#include <string>
#include <vector>

#include "common/wire_usage.hpp"

namespace eph {

// A line a model, and what concerns all: the slowest, what was refused. What is not known is said to be so.
std::vector<std::string> usage_lines(const wire::Usage& usage);

// In a cell of a table: 12 requests, 34.6k tokens, $0.12.
std::string brief_usage(const wire::Usage& usage);

std::string dollars(std::int64_t micros);  // $0.12, of less than a cent $0.0012
std::string limits_text(const wire::Limits& limits);

}  // namespace eph
