// A round's own machine, nearly: its processes, its network and its /tmp are its own, so that whatever is left can be
// seen, and goes with it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>

namespace eph::chaos {

// Starts `work` in name spaces of its own: as root, or as anybody where user name spaces are allowed. /tmp is
// `directory` there. The status of the process is work's; 125: no name spaces here, said on stderr.
pid_t start_apart(const std::filesystem::path& directory, const std::function<int()>& work);

// Whether what stands in that /tmp is not the round's own: the way to eph's programs, where they were built below /tmp.
bool is_way_to_programs(const std::filesystem::path& entry);

inline constexpr int no_name_spaces = 125;

}  // namespace eph::chaos
