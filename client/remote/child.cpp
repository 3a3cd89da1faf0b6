// fork(2) and execvp(3) with the care that they need.
#include "client/remote/child.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include <boost/asio/read_until.hpp>

#include "common/child_process.hpp"
#include "common/error.hpp"

extern char** environ;

namespace eph {
namespace {

struct PipeEnds {
    int read = -1;
    int write = -1;
};

PipeEnds make_pipe() {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) throw Error{Code::internal, "cannot make a pipe: {}", std::strerror(errno)};
    for (const int end : ends) fcntl(end, F_SETFD, FD_CLOEXEC);
    return {ends[0], ends[1]};
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
    list.push_back(nullptr);
    return list;
}

// Between fork and exec: only what is safe there. Reports errno of a failed exec through `failure`.
[[noreturn]] void become(char* const* command, char** environment, const std::array<int, 3>& streams, pid_t parent,
                         int failure) {
#if defined(__linux__)
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(125);
#else
    (void)parent;
#endif
    for (int target = 0; target < 3; ++target) {
        if (streams[static_cast<std::size_t>(target)] >= 0) dup2(streams[static_cast<std::size_t>(target)], target);
    }
    close_on_exec_from(3);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    std::signal(SIGPIPE, SIG_DFL);
    environ = environment;
    execvp(command[0], command);
    const int reason = errno;
    (void)!write(failure, &reason, sizeof reason);
    _exit(127);
}

int status_of(int raw) { return WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw); }

}  // namespace

std::vector<std::string> environment_of_child(const std::vector<std::string>& withheld) {
    std::vector<std::string> environment = clean_environment();
    for (const std::string& name : withheld)
        std::erase_if(environment, [&](const std::string& variable) { return variable.starts_with(name + '='); });
    return environment;
}

Child::Child(boost::asio::any_io_executor executor, const std::vector<std::string>& command, Streams streams,
             const std::vector<std::string>& withheld)
    : input_(executor), output_(executor), errors_(executor) {
    const std::vector<std::string> environment = environment_of_child(withheld);
    const std::vector<char*> arguments = pointers(command);
    const std::vector<char*> variables = pointers(environment);
    const PipeEnds failure = make_pipe();
    PipeEnds in;
    PipeEnds out;
    PipeEnds err;
    if (streams == Streams::piped) {
        in = make_pipe();
        err = make_pipe();
    }
    if (streams != Streams::inherited) out = make_pipe();
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ < 0) throw Error{Code::internal, "cannot start {}: {}", command[0], std::strerror(errno)};
    if (pid_ == 0) {
        become(arguments.data(), const_cast<char**>(variables.data()), {in.read, out.write, err.write}, parent,
               failure.write);
    }
    close(failure.write);
    for (const int end : {in.read, out.write, err.write}) {
        if (end >= 0) close(end);
    }
    if (streams == Streams::piped) {
        input_.assign(in.write);
        errors_.assign(err.read);
    }
    if (streams != Streams::inherited) output_.assign(out.read);
    int reason = 0;
    const ssize_t told = read(failure.read, &reason, sizeof reason);  // ends with the exec, which closes the other end
    close(failure.read);
    if (told == static_cast<ssize_t>(sizeof reason)) {
        waitpid(pid_, nullptr, 0);
        pid_ = -1;
        Error error{Code::remote_failed, "cannot run {}: {}", command[0], std::strerror(reason)};
        if (reason == ENOENT)
            throw std::move(error).hint(fmt::format("Install it, or put {} on the PATH.", command[0]));
        throw error;
    }
}

Child::~Child() {
    if (pid_ < 0 || ended()) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
}

std::optional<int> Child::ended() {
    if (status_ || pid_ < 0) return status_;
    int raw = 0;
    if (waitpid(pid_, &raw, WNOHANG) == pid_) status_ = status_of(raw);
    return status_;
}

int Child::wait() {
    int raw = 0;
    while (!status_) {
        if (waitpid(pid_, &raw, 0) == pid_)
            status_ = status_of(raw);
        else if (errno == ECHILD)  // whoever started eph ignores SIGCHLD: nobody knows any more
            status_ = 0;
    }
    return *status_;
}

void Child::signal(int number) {
    if (pid_ > 0 && !ended()) kill(pid_, number);
}

Task<std::optional<std::string>> read_line(Pipe& pipe, std::string& buffer) {
    constexpr std::size_t limit = 64 * 1024;
    constexpr std::size_t tail = 8 * 1024;  // of a longer line, such as a profile may print, its end counts alone
    for (;;) {
        const auto [failure, size] =
            co_await asio::async_read_until(pipe, asio::dynamic_buffer(buffer, limit), '\n', as_result);
        if (failure == asio::error::not_found) {
            buffer.erase(0, buffer.size() - tail);
            continue;
        }
        if (failure) {
            if (buffer.empty() || failure != asio::error::eof) co_return std::nullopt;
            co_return std::exchange(buffer, {});
        }
        std::string line = buffer.substr(0, size - 1);
        buffer.erase(0, size);
        co_return line;
    }
}

}  // namespace eph
