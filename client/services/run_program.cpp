// fork, exec, and poll until both pipes are closed.
#include "client/services/run_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "common/child_process.hpp"
#include "common/error.hpp"
#include "common/text.hpp"

extern char** environ;

namespace eph {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
    list.push_back(nullptr);
    return list;
}

struct Pipe {
    int read = -1;
    int write = -1;

    Pipe() {
        std::array<int, 2> ends{};
        if (pipe(ends.data()) != 0) throw Error{Code::internal, "cannot make a pipe: {}", std::strerror(errno)};
        for (const int end : ends) fcntl(end, F_SETFD, FD_CLOEXEC);
        read = ends[0];
        write = ends[1];
    }
    ~Pipe() {
        close(read);
        close_write();
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    void close_write() {
        if (write >= 0) close(write);
        write = -1;
    }
};

[[noreturn]] void become(char* const* command, char** environment, int out, int err) {
    const int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, 0);
    dup2(out, 1);
    dup2(err, 2);
    close_on_exec_from(3);
    environ = environment;
    execvp(command[0], command);
    const std::string_view reason = std::strerror(errno);
    (void)!write(2, reason.data(), reason.size());
    _exit(127);
}

// Takes in what has come; false at the end of the stream.
bool take(int descriptor, std::string& text) {
    std::array<char, 4096> piece{};
    const ssize_t got = read(descriptor, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) return true;
    if (got <= 0) return false;
    text.append(piece.data(), static_cast<std::size_t>(got));
    return true;
}

// False when `until` came first.
bool read_both(int out, int err, ProgramAnswer& answer, Clock::time_point until) {
    std::array<pollfd, 2> streams{{{out, POLLIN, 0}, {err, POLLIN, 0}}};
    while (streams[0].fd >= 0 || streams[1].fd >= 0) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
        if (left <= 0) return false;
        const int ready = poll(streams.data(), streams.size(), static_cast<int>(left));
        if (ready < 0 && errno != EINTR) return false;
        if (ready <= 0) continue;
        if (streams[0].revents != 0 && !take(out, answer.said)) streams[0].fd = -1;
        if (streams[1].revents != 0 && !take(err, answer.complaint)) streams[1].fd = -1;
    }
    return true;
}

}  // namespace

std::string ProgramAnswer::reason() const {
    const std::string_view text = trim(complaint);
    if (text.empty()) return fmt::format("status {}", status);
    return printable(text.substr(0, text.find('\n')), 300);
}

ProgramAnswer run_program(const std::vector<std::string>& command, Duration limit) {
    const std::vector<std::string> environment = clean_environment();
    const std::vector<char*> arguments = pointers(command);
    std::vector<char*> variables = pointers(environment);
    Pipe out;
    Pipe err;
    const pid_t child = fork();
    if (child < 0) throw Error{Code::internal, "cannot run {}: {}", command[0], std::strerror(errno)};
    if (child == 0) become(arguments.data(), variables.data(), out.write, err.write);
    out.close_write();
    err.close_write();
    ProgramAnswer answer;
    const bool answered = read_both(out.read, err.read, answer, Clock::now() + limit);
    if (!answered) kill(child, SIGKILL);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!answered) {
        throw Error{Code::timeout, "{} did not answer within {} s", command[0],
                    std::chrono::ceil<std::chrono::seconds>(limit).count()};
    }
    answer.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return answer;
}

void become_program(const std::vector<std::string>& command) {
    const std::vector<std::string> environment = clean_environment();
    const std::vector<char*> arguments = pointers(command);
    std::vector<char*> variables = pointers(environment);
    environ = variables.data();
    execvp(arguments[0], arguments.data());
    throw Error{Code::not_found, "cannot run {}: {}", command[0], std::strerror(errno)};
}

}  // namespace eph
