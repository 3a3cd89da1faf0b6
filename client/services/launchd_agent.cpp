// launchctl, in the person's graphical session's domain.
#include "client/services/launchd_agent.hpp"

#include <unistd.h>

#include "client/services/run_program.hpp"
#include "client/services/service_text.hpp"
#include "client/services/systemctl_text.hpp"
#include "client/services/text_file.hpp"
#include "common/error.hpp"
#include "common/paths.hpp"

namespace eph {
namespace fs = std::filesystem;
namespace {

constexpr Duration limit = std::chrono::seconds{90};  // longer than the agent's ExitTimeOut
constexpr int seconds_to_end = 80;

std::string domain() { return fmt::format("gui/{}", getuid()); }
std::string agent() { return domain() + "/eph.ephd"; }
fs::path plist_file() { return home_directory() / "Library/LaunchAgents/eph.ephd.plist"; }
fs::path log_file() { return state_directory() / "ephd.log"; }

ProgramAnswer launchctl(std::vector<std::string> words) {
    words.insert(words.begin(), "launchctl");
    return run_program(words, limit);
}

void must(const ProgramAnswer& answer, std::string_view what) {
    if (answer.ok()) return;
    throw Error{Code::daemon_unreachable, "launchd could not {}: {}", what, answer.reason()}.hint(
        "See: launchctl print " + agent());
}

}  // namespace

bool LaunchdAgent::enabled() {
    const std::string text = read_text(plist_file());
    return !text.empty() && text.find("<string>" + socket_path().string() + "</string>") != text.npos;
}

void LaunchdAgent::start() {
    make_private_directory(state_directory());  // launchd makes the socket in it
    if (!launchctl({"print", agent()}).ok())
        must(launchctl({"bootstrap", domain(), plist_file().string()}), "load ephd's agent");
    must(launchctl({"kickstart", agent()}), "start ephd");
}

void LaunchdAgent::stop(std::int64_t pid) {
    if (launchctl({"print", agent()}).ok()) must(launchctl({"bootout", agent()}), "stop ephd");
    if (!gone_within(pid, seconds_to_end))
        throw Error{Code::timeout, "ephd (process {}) has not ended within {} s", pid, seconds_to_end};
}

void LaunchdAgent::restart(std::int64_t) {
    if (launchctl({"print", agent()}).ok()) {
        must(launchctl({"kickstart", "-k", agent()}), "restart ephd");
    } else {
        start();
    }
}

std::vector<std::string> LaunchdAgent::log_command(bool follow, int lines) const {
    std::vector<std::string> command{"tail", "-n", std::to_string(lines)};
    if (follow) command.emplace_back("-F");
    command.push_back(log_file().string());
    return command;
}

ServiceState LaunchdAgent::state() const {
    ServiceState state;
    std::error_code missing;
    state.file = plist_file();
    state.installed = fs::exists(state.file, missing);
    state.at_login = state.installed;
    const ProgramAnswer printed = launchctl({"print", agent()});
    if (!printed.ok()) return state;
    auto job = launchd_properties(printed.said);
    state.listening = true;
    state.running = job["state"] == "running";
    state.pid = pid_in(job["pid"]);
    state.program = job["program"];
    return state;
}

bool LaunchdAgent::install(const fs::path& ephd, std::vector<std::string>& done) {
    const std::string text = launchd_plist(ephd, log_file(), socket_path());
    if (read_text(plist_file()) == text) return false;
    write_text(plist_file(), text);
    done.push_back("wrote " + plist_file().string() + ": ephd starts when you log in");
    // launchd reads it when it is loaded.
    if (launchctl({"print", agent()}).ok()) must(launchctl({"bootout", agent()}), "forget the old agent");
    return true;
}

void LaunchdAgent::uninstall(std::vector<std::string>& done) {
    if (!fs::remove(plist_file())) return;
    done.push_back("removed " + plist_file().string());
}

}  // namespace eph
