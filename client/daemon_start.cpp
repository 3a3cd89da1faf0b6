// fork, setsid, exec; readiness comes as one byte through a pipe.
#include "client/daemon_start.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#if defined(__APPLE__)
#include <mach-o/dyld.h>
#endif

#include "client/services/supervisor.hpp"
#include "common/child_process.hpp"
#include "common/error.hpp"
#include "common/paths.hpp"
#include "common/providers.hpp"
#include "common/text.hpp"

extern char** environ;

namespace eph {
namespace fs = std::filesystem;
namespace {

constexpr int start_limit_ms = 10'000;

fs::path own_program() {
#if defined(__APPLE__)
    char path[4096];
    std::uint32_t size = sizeof path;
    return _NSGetExecutablePath(path, &size) == 0 ? fs::path{path} : fs::path{};
#else
    std::error_code missing;
    return fs::read_symlink("/proc/self/exe", missing);
#endif
}

std::string last_line(const fs::path& file) {
    std::ifstream stream{file};
    std::string last;
    for (std::string line; std::getline(stream, line);) {
        if (!trim(line).empty()) last = line;
    }
    return printable(last, 300);
}

// In the second child, between fork and exec: errors go to `errors`, which is read when no readiness comes.
[[noreturn]] void become_daemon(char* const* command, char** environment, int ready, int errors) {
    const int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, 0);
    dup2(nothing, 1);
    dup2(errors, 2);
    dup2(ready, 3);
    close_on_exec_from(4);
    (void)!chdir("/");
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGPIPE, SIG_DFL);
    environ = environment;
    execvp(command[0], command);
    const std::string_view reason = std::strerror(errno);
    (void)!write(2, reason.data(), reason.size());
    _exit(127);
}

}  // namespace

std::string find_ephd() {
    std::error_code missing;
    const fs::path beside = own_program().parent_path() / "ephd";
    if (fs::exists(beside, missing)) return beside.string();
    return "ephd";
}

Error ephd_elsewhere() {
    return Error{Code::busy, "another ephd works with the ledger {}, and does not listen on {}", ledger_path().string(),
                 socket_path().string()}
        .hint(
            fmt::format("Give this eph the XDG_RUNTIME_DIR (after a login: /run/user/{}; cron and su leave it out) and "
                        "EPH_SOCKET that it was started with, or end that ephd.",
                        getuid()));
}

bool start_daemon() {
    if (!environment("EPH_NO_AUTOSTART").empty()) {
        throw Error{Code::daemon_unreachable, "ephd does not listen on {}", socket_path().string()}.hint(
            "Start it with eph daemon start, or unset EPH_NO_AUTOSTART so that eph does when it needs it.");
    }
    return start_installed_service() || launch_daemon();
}

bool launch_daemon() {
    make_private_directory(state_directory());
    const std::string program = find_ephd();
    const std::string log = (state_directory() / "ephd.log").string();
    const std::vector<std::string> command{program,      "--socket", socket_path().string(), "--log-file", log,
                                           "--ready-fd", "3"};
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    std::vector<std::string> variables = clean_environment();
    for (const std::string& name : key_variables_of_all()) {  // eph passes them with the requests that they are for
        std::erase_if(variables, [&](const std::string& each) { return each.starts_with(name + "="); });
    }
    for (char** each = environ; *each != nullptr; ++each) {
        // No secrets, and whoever starts ephd says where its providers and its credentials are.
        const std::string_view variable = *each;
        const std::string_view name = variable.substr(0, variable.find('='));
        if ((name.starts_with("EPH_") && name.ends_with("_BASE_URL")) || name == "CREDENTIALS_DIRECTORY")
            variables.emplace_back(variable);
    }
    std::vector<char*> block;
    for (const std::string& variable : variables) block.push_back(const_cast<char*>(variable.c_str()));
    block.push_back(nullptr);

    int ready[2];
    int errors[2];
    if (pipe(ready) != 0 || pipe(errors) != 0)
        throw Error{Code::internal, "cannot make a pipe: {}", std::strerror(errno)};
    // Above 3, so that the child can give 3 its meaning; closed at exec.
    const int ready_end = fcntl(ready[1], F_DUPFD_CLOEXEC, 10);
    const int error_end = fcntl(errors[1], F_DUPFD_CLOEXEC, 10);
    for (const int each : {ready[1], errors[1]}) close(each);
    for (const int each : {ready[0], errors[0]}) fcntl(each, F_SETFD, FD_CLOEXEC);
    const pid_t child = fork();
    if (child == 0) {  // twice, so that ephd belongs to no terminal and to nobody's children
        setsid();
        if (fork() == 0) become_daemon(arguments.data(), block.data(), ready_end, error_end);
        _exit(0);
    }
    close(ready_end);
    close(error_end);
    if (child > 0) waitpid(child, nullptr, 0);

    pollfd wait{ready[0], POLLIN, 0};
    int polled = 0;
    do polled = poll(&wait, 1, start_limit_ms);
    while (polled < 0 && errno == EINTR);
    char byte = 0;
    const bool up = polled > 0 && read(ready[0], &byte, 1) == 1;
    std::string said;
    if (!up) {
        fcntl(errors[0], F_SETFL, O_NONBLOCK);
        char text[1024];
        const ssize_t got = read(errors[0], text, sizeof text);
        if (got > 0) said.assign(text, static_cast<std::size_t>(got));
    }
    close(ready[0]);
    close(errors[0]);
    if (up) return true;
    if (said.find("another ephd already") != said.npos) return false;
    if (said == std::strerror(ENOENT)) {
        throw Error{Code::daemon_unreachable, "ephd is neither beside eph nor on the PATH"}.hint(
            "Install it where eph is: it does the work of making and revoking keys.");
    }
    if (said.empty()) said = polled == 0 ? "it was not ready within 10 s" : last_line(log);
    const std::size_t line = std::min(said.find('\n'), said.size());  // behind it ephd says what to do
    const std::string hint{trim(printable(said.substr(line), 300))};
    throw Error{Code::daemon_unreachable, "cannot start {}: {}", program, printable(said.substr(0, line), 300)}.hint(
        hint + (hint.empty() ? "" : " ") + "Its log is " + log + ".");
}

}  // namespace eph
