// ephd in the background, as eph starts it where it is not a service; and which ephd that is.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "client/daemon_start.hpp"
#include "client/services/kept.hpp"
#include "client/services/supervisor.hpp"
#include "common/error.hpp"
#include "common/paths.hpp"

namespace eph {
namespace {

constexpr int seconds_to_end = 80;  // ephd waits 35 s for what it is creating, and a little for all else
constexpr int seconds_to_start = 15;

class ByHand : public Supervisor {
public:
    std::string name() const override { return "nobody: eph started it"; }

    void start() override {
        // Else another one is just starting, for another eph perhaps, or ending.
        for (int i = 0; i < seconds_to_start * 20; ++i) {
            if (launch_daemon() || ask_ephd()) return;
            usleep(50'000);
        }
        throw ephd_elsewhere();
    }

    void stop(std::int64_t pid) override {
        if (pid <= 0) return;
        kill(static_cast<pid_t>(pid), SIGTERM);
        if (!gone_within(pid, seconds_to_end))
            throw Error{Code::timeout, "ephd (process {}) has not ended within {} s", pid, seconds_to_end};
    }

    void restart(std::int64_t pid) override {
        stop(pid);
        start();
    }

    std::vector<std::string> log_command(bool follow, int lines) const override {
        std::vector<std::string> command{"tail", "-n", std::to_string(lines)};
        if (follow) command.emplace_back("-F");
        command.push_back((state_directory() / "ephd.log").string());
        return command;
    }
};

}  // namespace

std::unique_ptr<Supervisor> by_hand() { return std::make_unique<ByHand>(); }

}  // namespace eph
