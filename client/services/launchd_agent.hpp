// ephd as a launch agent of the person's own session on macOS. Untested there.
#pragma once

#include "client/services/supervisor.hpp"

namespace eph {

class LaunchdAgent : public ServiceManager {
public:
    // Whether ephd's property list is where launchd reads it at login, for this socket; looks at files only.
    static bool enabled();

    std::string name() const override { return "launchd (agent eph.ephd)"; }
    void start() override;
    void stop(std::int64_t pid) override;
    void restart(std::int64_t pid) override;
    std::vector<std::string> log_command(bool follow, int lines) const override;
    ServiceState state() const override;
    bool install(const std::filesystem::path& ephd, std::vector<std::string>& done) override;
    void uninstall(std::vector<std::string>& done) override;
    bool lingers() const override { return false; }
    bool sees(std::string_view) const override { return false; }
};

}  // namespace eph
