// Who keeps ephd: systemd, launchd, or nobody but eph itself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace eph {

// Of the three, what the commands do alike.
class Supervisor {
public:
    virtual ~Supervisor() = default;

    virtual std::string name() const = 0;  // for people
    virtual void start() = 0;              // returns when ephd is ready, or at once if it runs
    // Return when it has ended, and nothing but the next command starts it again. `pid` is what ephd itself said, 0 if
    // it did not answer.
    virtual void stop(std::int64_t pid) = 0;
    virtual void restart(std::int64_t pid) = 0;
    virtual std::vector<std::string> log_command(bool follow, int lines) const = 0;
};

// What a service manager knows of ephd.
struct ServiceState {
    bool installed = false;
    bool running = false;
    bool listening = false;  // it holds the socket: whoever connects starts ephd
    bool at_login = false;
    std::int64_t pid = 0;
    std::string program;         // what it runs
    std::filesystem::path file;  // where that is written
};

// What systemd and launchd do beyond that.
class ServiceManager : public Supervisor {
public:
    virtual ServiceState state() const = 0;

    // Writes what describes the service, unless a package has, and has it start at every login. Does not start it.
    // True when something has changed that a running ephd does not have yet. `done` gets a sentence for each step.
    virtual bool install(const std::filesystem::path& ephd, std::vector<std::string>& done) = 0;
    // The way back; ephd has been stopped.
    virtual void uninstall(std::vector<std::string>& done) = 0;

    // Whether ephd runs on when the person has logged out, and from boot on.
    virtual bool lingers() const = 0;
    // Whether the service has that variable in its environment.
    virtual bool sees(std::string_view variable) const = 0;
};

// systemd where `systemctl --user` answers, launchd on macOS, else nothing, and why.
struct FoundManager {
    std::unique_ptr<ServiceManager> manager;
    std::string why_not;
};
FoundManager find_service_manager();

// eph itself: ephd in the background, its log in a file.
std::unique_ptr<Supervisor> by_hand();

// For an eph that finds nobody listening: starts the service if it is installed for this person and this socket. False
// where it is not, or cannot be started.
bool start_installed_service();

// The ephd beside eph, else on the PATH, absolute. Throws Error{not_found}.
std::filesystem::path ephd_program();

// Whether the process is gone, or comes to be before `seconds` are over.
bool gone_within(std::int64_t pid, int seconds);

}  // namespace eph
