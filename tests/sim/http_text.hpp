// Answers as the bytes of HTTP/1.1. Written by hand, because faults need to cut and drip them.
#pragma once

#include <optional>
#include <string>

#include "call.hpp"

namespace eph::sim {

// Ends with the empty line. No length means chunked coding.
std::string head_text(const Answer& answer, std::optional<std::size_t> length, bool keep_alive);

std::string chunk_text(const std::string& data);
inline constexpr const char* kLastChunk = "0\r\n\r\n";

// The whole answer, streams included.
std::string whole_text(const Answer& answer, bool keep_alive);

}  // namespace eph::sim
