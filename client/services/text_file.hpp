// Small text files, whole.
#pragma once

#include <filesystem>
#include <string>

namespace eph {

std::string read_text(const std::filesystem::path& file);  // "" where there is none
// In one step, so that nobody reads half of it. Makes the directory. Throws Error{storage}.
void write_text(const std::filesystem::path& file, const std::string& text);

}  // namespace eph
