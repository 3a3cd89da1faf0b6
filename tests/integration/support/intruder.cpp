// ptrace(2), process_vm_readv(2), pidfd_getfd(2) and the files in /proc.
#include "tests/integration/support/intruder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <sstream>

#include "tests/integration/support/other_user.hpp"

namespace eph::test {
namespace {

int error_unless(bool let_in) { return let_in ? 0 : errno; }

// Who has been let in stops the process, since only one that has stopped can be let go, and lets it go.
int detach(pid_t process, long attached) {
    if (attached != 0) return errno;
    ptrace(PTRACE_INTERRUPT, process, nullptr,
           nullptr);  // only what was seized heeds it; what was attached stops anyway
    waitpid(process, nullptr, __WALL);
    return error_unless(ptrace(PTRACE_DETACH, process, nullptr, nullptr) == 0);
}

int copy_memory(pid_t process, bool out) {
    char byte = 0;
    const iovec here{&byte, 1};
    const iovec there{nullptr, 1};  // whether there is anything is looked at when the right to look is clear
    const ssize_t got =
        out ? process_vm_readv(process, &here, 1, &there, 1, 0) : process_vm_writev(process, &here, 1, &there, 1, 0);
    return error_unless(got >= 0 || errno == EFAULT);
}

int take_descriptor(pid_t process) {
    const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, process, 0));
    if (pidfd < 0) return errno;
    return error_unless(syscall(SYS_pidfd_getfd, pidfd, 0, 0) >= 0);
}

int read_file_of(const std::string& path, int how) {
    char byte = 0;
    const int file = open(path.c_str(), how | O_CLOEXEC);
    if (file < 0) return errno;
    // That of mem at 0 fails where there is nothing: who could open it is in.
    return error_unless(path.ends_with("/mem") || read(file, &byte, 1) >= 0);
}

int list(const std::string& path) {
    DIR* directory = opendir(path.c_str());
    return error_unless(directory != nullptr);
}

int follow(const std::string& path) {
    char target[PATH_MAX];
    return error_unless(readlink(path.c_str(), target, sizeof target) >= 0);
}

void try_everything(pid_t process, std::ostream& out) {
    const std::string proc = "/proc/" + std::to_string(process) + "/";
    const auto tried = [&](const std::string& how, int error) { out << how << '\t' << error << '\n'; };
    for (const char* name : {"environ", "maps", "smaps", "auxv", "mem"})
        tried(name, read_file_of(proc + name, O_RDONLY));
    tried("mem for writing", read_file_of(proc + "mem", O_WRONLY));
    for (const char* name : {"fd", "fdinfo", "map_files"}) tried(name, list(proc + name));
    for (const char* name : {"exe", "cwd", "root"}) tried(name, follow(proc + name));
    tried("process_vm_readv", copy_memory(process, true));
    tried("process_vm_writev", copy_memory(process, false));
    tried("pidfd_getfd", take_descriptor(process));
    tried("PTRACE_SEIZE", detach(process, ptrace(PTRACE_SEIZE, process, nullptr, nullptr)));
    tried("PTRACE_ATTACH", detach(process, ptrace(PTRACE_ATTACH, process, nullptr, nullptr)));
}

}  // namespace

std::map<std::string, std::string> intrude(pid_t process, uid_t uid) {
    std::map<std::string, std::string> results;
    std::istringstream lines{as_user(uid, [&](std::ostream& out) { try_everything(process, out); })};
    for (std::string line; std::getline(lines, line);) {
        const std::size_t tab = line.find('\t');
        const int error = std::stoi(line.substr(tab + 1));
        results[line.substr(0, tab)] = error == 0 ? "" : std::strerror(error);
    }
    return results;
}

}  // namespace eph::test
