// ephd as a service of the person's own systemd.
#pragma once

#include "client/services/run_program.hpp"
#include "client/services/supervisor.hpp"

namespace eph {

class SystemdUser : public ServiceManager {
public:
    // `environment`: what `systemctl --user show-environment` printed.
    explicit SystemdUser(std::string environment) : environment_(std::move(environment)) {}

    // Whether there is one to talk to: its answer to show-environment. Bounded.
    static ProgramAnswer probe();
    // Whether ephd.service is enabled for this person and this socket; looks at files only.
    static bool enabled();

    std::string name() const override { return "systemd (user unit ephd.service)"; }
    void start() override;
    void stop(std::int64_t pid) override;
    void restart(std::int64_t pid) override;
    std::vector<std::string> log_command(bool follow, int lines) const override;
    ServiceState state() const override;
    bool install(const std::filesystem::path& ephd, std::vector<std::string>& done) override;
    void uninstall(std::vector<std::string>& done) override;
    bool lingers() const override;
    bool sees(std::string_view variable) const override;

private:
    std::string environment_;
};

}  // namespace eph
