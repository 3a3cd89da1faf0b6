// In a child, since it becomes another user: ptrace(2), process_vm_readv(2), pidfd_getfd(2) and the files in /proc.
#include "tests/integration/support/intruder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
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
#include <stdexcept>

namespace eph::test {
namespace {

int error_unless(bool let_in) { return let_in ? 0 : errno; }

int detach(pid_t process, long attached) {
    if (attached != 0) return errno;
    kill(process, SIGCONT);
    waitpid(process, nullptr, __WALL | WNOHANG);
    ptrace(PTRACE_DETACH, process, nullptr, nullptr);
    return 0;
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

[[noreturn]] void be_the_intruder(pid_t process, uid_t uid, int pipe) {
    std::ostringstream out;
    if (setgroups(0, nullptr) == 0 && setresgid(uid, uid, uid) == 0 && setresuid(uid, uid, uid) == 0)
        try_everything(process, out);
    const std::string text = out.str();
    (void)!write(pipe, text.data(), text.size());
    _exit(0);
}

}  // namespace

std::map<std::string, std::string> intrude(pid_t process, uid_t uid) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    const pid_t child = fork();
    if (child == 0) be_the_intruder(process, uid, ends[1]);
    close(ends[1]);
    std::string text;
    char piece[4096];
    for (ssize_t got = 0; (got = read(ends[0], piece, sizeof piece)) > 0;)
        text.append(piece, static_cast<std::size_t>(got));
    close(ends[0]);
    waitpid(child, nullptr, 0);
    std::map<std::string, std::string> results;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        const std::size_t tab = line.find('\t');
        const int error = std::stoi(line.substr(tab + 1));
        results[line.substr(0, tab)] = error == 0 ? "" : std::strerror(error);
    }
    return results;
}

}  // namespace eph::test
