// The names of hosts that ~/.ssh/config gives.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace eph {

// In the order of the files, each once; patterns are left out. What cannot be read is passed over.
std::vector<std::string> ssh_hosts(const std::filesystem::path& ssh_directory);

}  // namespace eph
