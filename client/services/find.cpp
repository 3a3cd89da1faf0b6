// Which service manager there is, which ephd there is, and whether a process is still there.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "client/daemon_start.hpp"
#include "client/services/launchd_agent.hpp"
#include "client/services/supervisor.hpp"
#include "client/services/systemd_user.hpp"
#include "common/error.hpp"
#include "common/paths.hpp"

namespace eph {
namespace fs = std::filesystem;

#if defined(__APPLE__)

FoundManager find_service_manager() { return {std::make_unique<LaunchdAgent>(), ""}; }

bool start_installed_service() {
    if (!LaunchdAgent::enabled()) return false;
    try {
        LaunchdAgent{}.start();
        return true;
    } catch (const Error&) {
        return false;  // eph's own way says what is wrong
    }
}

#else

FoundManager find_service_manager() {
    try {
        const ProgramAnswer answer = SystemdUser::probe();
        if (answer.ok()) return {std::make_unique<SystemdUser>(answer.said), ""};
        return {nullptr, "systemctl --user says: " + answer.reason()};
    } catch (const Error& error) {
        return {nullptr, error.message()};
    }
}

bool start_installed_service() {
    constexpr Duration limit = std::chrono::seconds{20};
    if (!SystemdUser::enabled()) return false;
    try {
        return run_program({"systemctl", "--user", "--no-ask-password", "start", "ephd.socket", "ephd.service"}, limit)
            .ok();
    } catch (const Error&) {
        return false;  // eph's own way says what is wrong
    }
}

#endif

fs::path ephd_program() {
    const fs::path found = find_ephd();
    if (found.is_absolute()) return found;
    const std::string path = environment("PATH");
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t end = std::min(path.find(':', at), path.size());
        const fs::path candidate = fs::path{path.substr(at, end - at)} / found;
        if (candidate.is_absolute() && access(candidate.c_str(), X_OK) == 0) return candidate;
        at = end + 1;
    }
    throw Error{Code::not_found, "ephd is neither beside eph nor on the PATH"}.hint("Install it where eph is.");
}

bool gone_within(std::int64_t pid, int seconds) {
    if (pid <= 0) return true;
    const auto process = static_cast<pid_t>(pid);
#if defined(__linux__)
    if (const auto descriptor = static_cast<int>(syscall(SYS_pidfd_open, process, 0)); descriptor >= 0) {
        pollfd end{descriptor, POLLIN, 0};
        const int ready = poll(&end, 1, seconds * 1000);
        close(descriptor);
        return ready > 0;
    }
    if (errno == ESRCH) return true;
#endif
    for (int i = 0; i < seconds * 20; ++i) {
        if (kill(process, 0) != 0 && errno == ESRCH) return true;
        usleep(50'000);
    }
    return false;
}

}  // namespace eph
