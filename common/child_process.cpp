// Environment and descriptors of children.
#include "common/child_process.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#if defined(__linux__)
#include <linux/close_range.h>
#endif

extern char** environ;

namespace eph {

void close_on_exec_from(int first) {
#if defined(__linux__)
    if (close_range(static_cast<unsigned>(first), ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
#endif
    for (int descriptor = first; descriptor < 1024; ++descriptor) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

std::vector<std::string> clean_environment() {
    // Beside eph's own: what a service manager says to ephd.
    constexpr std::array<std::string_view, 9> ours{"OPENAI_ADMIN_KEY=", "OPENAI_PROJECT_ID=", "EPH_",
                                                   "NOTIFY_SOCKET=",    "LISTEN_FDS=",        "LISTEN_FDNAMES=",
                                                   "LISTEN_PID=",       "WATCHDOG_PID=",      "CREDENTIALS_DIRECTORY="};
    std::vector<std::string> kept;
    for (char** each = environ; *each != nullptr; ++each) {
        const std::string_view variable = *each;
        if (std::none_of(ours.begin(), ours.end(), [&](std::string_view name) { return variable.starts_with(name); }))
            kept.emplace_back(variable);
    }
    return kept;
}

}  // namespace eph
