// unshare(2), mounts, and a process 1 that buries its dead.
#include "tests/chaos/apart.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

namespace eph::chaos {
namespace {

void write_text(const char* file, const std::string& text) {
    const int descriptor = open(file, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) return;
    if (write(descriptor, text.data(), text.size()) < 0) std::perror(file);
    close(descriptor);
}

// Without root: the same user, who may mount in here until the first exec.
void become_ourselves(uid_t user, gid_t group) {
    write_text("/proc/self/setgroups", "deny");
    write_text("/proc/self/uid_map", std::to_string(user) + " " + std::to_string(user) + " 1");
    write_text("/proc/self/gid_map", std::to_string(group) + " " + std::to_string(group) + " 1");
}

bool loopback_up() {
    const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    const bool done = ioctl(descriptor, SIOCSIFFLAGS, &request) == 0;
    close(descriptor);
    return done;
}

const std::filesystem::path tmp = "/tmp";

// Of the programs below /tmp; empty where they are elsewhere.
std::filesystem::path programs_below_tmp() {
    const std::filesystem::path below = std::filesystem::path{EPH}.parent_path().lexically_relative(tmp);
    return below.empty() || *below.begin() == ".." ? std::filesystem::path{} : below;
}

// They stay where they are when /tmp becomes another.
bool keep_programs(const std::filesystem::path& directory) {
    const std::filesystem::path below = programs_below_tmp();
    if (below.empty()) return true;
    std::filesystem::create_directories(directory / below);
    return mount((tmp / below).c_str(), (directory / below).c_str(), nullptr, MS_BIND, nullptr) == 0;
}

bool leave(const std::filesystem::path& directory) {
    const uid_t user = getuid();
    const gid_t group = getgid();
    const int apart = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC;
    if (unshare(apart | (user == 0 ? 0 : CLONE_NEWUSER)) != 0) return false;
    if (user != 0) become_ourselves(user, group);
    return mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 && keep_programs(directory) &&
           mount(directory.c_str(), tmp.c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0 &&
           mount("none", "/dev/shm", "tmpfs", 0, nullptr) == 0 && loopback_up();
}

// Process 1 of the round. When it ends, the kernel ends all others.
[[noreturn]] void be_first(const std::function<int()>& work) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (mount("proc", "/proc", "proc", 0, nullptr) != 0) _exit(no_name_spaces);
    const pid_t worker = fork();
    if (worker == 0) {
        const int status = work();
        std::fflush(nullptr);
        _exit(status);
    }
    int status = 0;
    for (pid_t dead; (dead = wait(&status)) != worker;) {
        if (dead < 0) _exit(no_name_spaces);
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

}  // namespace

bool is_way_to_programs(const std::filesystem::path& entry) {
    const std::filesystem::path below = programs_below_tmp();
    return !below.empty() && entry == tmp / *below.begin();
}

pid_t start_apart(const std::filesystem::path& directory, const std::function<int()>& work) {
    std::fflush(nullptr);
    const pid_t outer = fork();
    if (outer != 0) return outer;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!leave(directory)) {
        std::perror("chaos: cannot have name spaces of its own (it needs root, or user name spaces)");
        _exit(no_name_spaces);
    }
    const pid_t first = fork();
    if (first == 0) be_first(work);
    int status = 0;
    if (first < 0 || waitpid(first, &status, 0) != first) _exit(no_name_spaces);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

}  // namespace eph::chaos
