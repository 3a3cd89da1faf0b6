// systemctl --user, journalctl --user, loginctl.
#include "client/services/systemd_user.hpp"

#include <unistd.h>

#include "client/services/service_text.hpp"
#include "client/services/systemctl_text.hpp"
#include "client/services/text_file.hpp"
#include "common/error.hpp"
#include "common/paths.hpp"

namespace eph {
namespace fs = std::filesystem;
namespace {

constexpr const char* service = "ephd.service";
constexpr const char* socket = "ephd.socket";
constexpr Duration probe_limit = std::chrono::seconds{5};
constexpr Duration limit = std::chrono::seconds{30};
constexpr Duration job_limit = std::chrono::seconds{100};  // longer than the unit's own limits

ProgramAnswer systemctl(std::vector<std::string> words, Duration patience = limit) {
    words.insert(words.begin(), {"systemctl", "--user", "--no-pager", "--no-ask-password"});
    return run_program(words, patience);
}

void must(const ProgramAnswer& answer, std::string_view what) {
    if (answer.ok()) return;
    throw Error{Code::daemon_unreachable, "systemd could not {}: {}", what, answer.reason()}.hint(
        "See: systemctl --user status ephd.service; eph daemon logs");
}

// The manager's own idea of $XDG_CONFIG_HOME is taken to be eph's; install() sees whether that holds.
fs::path unit_directory() { return config_path().parent_path().parent_path() / "systemd/user"; }

bool written_here(const fs::path& file) { return read_text(file).starts_with(written_by_eph); }

// The units of a package, when they run this very ephd.
bool packaged(const fs::path& ephd) {
    for (const fs::path directory : {"/etc/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user"}) {
        std::error_code missing;
        if (runs(read_text(directory / service), ephd) && fs::exists(directory / socket, missing)) return true;
    }
    return false;
}

bool write_unit(const fs::path& file, const std::string& text, std::vector<std::string>& done) {
    const std::string before = read_text(file);
    if (before == text) return false;
    if (!before.empty() && !before.starts_with(written_by_eph)) {
        throw Error{Code::busy, "{} is there and was not written by eph", file.string()}.hint(
            "Move it away, then run eph daemon install again.");
    }
    write_text(file, text);
    done.push_back("wrote " + file.string());
    return true;
}

bool remove_unit(const fs::path& file, std::vector<std::string>& done) {
    if (!written_here(file)) return false;
    fs::remove(file);
    done.push_back("removed " + file.string());
    return true;
}

}  // namespace

ProgramAnswer SystemdUser::probe() { return systemctl({"show-environment"}, probe_limit); }

bool SystemdUser::enabled() {
    const fs::path runtime = environment("XDG_RUNTIME_DIR");
    std::error_code missing;
    if (!runtime.is_absolute() || socket_path() != runtime / "eph/ephd.sock") return false;
    if (!fs::exists(runtime / "systemd/private", missing)) return false;
    for (const fs::path& directory : {unit_directory(), fs::path{"/etc/systemd/user"}}) {
        if (fs::is_symlink(directory / "default.target.wants" / service, missing)) return true;
    }
    return false;
}

void SystemdUser::start() {
    (void)systemctl({"reset-failed", socket, service});  // whoever asks for it wants it tried
    must(systemctl({"start", socket, service}, job_limit), "start ephd");
}

void SystemdUser::stop(std::int64_t) { must(systemctl({"stop", socket, service}, job_limit), "stop ephd"); }

void SystemdUser::restart(std::int64_t) {
    (void)systemctl({"reset-failed", socket, service});
    must(systemctl({"start", socket}), "open ephd's socket");
    must(systemctl({"restart", service}, job_limit), "restart ephd");
}

std::vector<std::string> SystemdUser::log_command(bool follow, int lines) const {
    std::vector<std::string> command{"journalctl", "--user",  "-u", service,
                                     "--no-pager", "--quiet", "-n", std::to_string(lines)};
    if (follow) command.emplace_back("-f");
    return command;
}

ServiceState SystemdUser::state() const {
    constexpr const char* wanted = "--property=LoadState,ActiveState,MainPID,UnitFileState,FragmentPath,ExecStart";
    auto unit = properties(systemctl({"show", wanted, service}).said);
    auto door = properties(systemctl({"show", "--property=ActiveState", socket}).said);
    ServiceState state;
    state.installed = unit["LoadState"] == "loaded";
    state.running = unit["ActiveState"] == "active" || unit["ActiveState"] == "activating";
    state.listening = door["ActiveState"] == "active";
    state.at_login = unit["UnitFileState"] == "enabled";
    state.pid = pid_in(unit["MainPID"]);
    state.program = program_of(unit["ExecStart"]);
    state.file = unit["FragmentPath"];
    return state;
}

bool SystemdUser::install(const fs::path& ephd, std::vector<std::string>& done) {
    const fs::path directory = unit_directory();
    bool changed = false;
    if (packaged(ephd)) {
        for (const char* unit : {service, socket}) changed = remove_unit(directory / unit, done) || changed;
        done.push_back("the package's units run " + ephd.string());
    } else {
        changed = write_unit(directory / service, service_unit(ephd), done);
        changed = write_unit(directory / socket, socket_unit(), done) || changed;
    }
    must(systemctl({"daemon-reload"}), "read its units again");
    const ServiceState found = state();
    if (!found.installed || found.program != ephd.string()) {
        throw Error{Code::daemon_unreachable, "systemd does not take ephd.service from {}, but has {}",
                    directory.string(), found.file.empty() ? "none" : found.file.string()}
            .hint("A masked or overridden unit? See: systemctl --user cat ephd.service");
    }
    must(systemctl({"enable", socket, service}), "enable ephd.service");
    if (!found.at_login) done.emplace_back("enabled ephd.service and ephd.socket: ephd starts when you log in");
    return changed;
}

void SystemdUser::uninstall(std::vector<std::string>& done) {
    const bool was = state().at_login;
    if (was) must(systemctl({"disable", socket, service}), "disable ephd.service");
    if (was) done.emplace_back("disabled ephd.service and ephd.socket");
    for (const char* unit : {service, socket}) remove_unit(unit_directory() / unit, done);
    must(systemctl({"daemon-reload"}), "read its units again");
    (void)systemctl({"reset-failed", socket, service});
}

bool SystemdUser::lingers() const {
    return run_program({"loginctl", "show-user", std::to_string(getuid()), "--property=Linger", "--value"}, probe_limit)
               .said == "yes\n";
}

bool SystemdUser::sees(std::string_view variable) const { return properties(environment_).contains(variable); }

}  // namespace eph
