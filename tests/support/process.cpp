// fork, exec and poll for tests.
#include "tests/support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>
#include <utility>

namespace eph::test {
namespace {

constexpr int limit_ms = 20'000;

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

void make_pipe(int (&ends)[2]) {
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
}

}  // namespace

Process::Process(const std::vector<std::string>& argv, const Environment& environment, const std::string& directory) {
    std::signal(SIGPIPE, SIG_IGN);
    int in[2], out[2], err[2];
    make_pipe(in), make_pipe(out), make_pipe(err);
    std::vector<std::string> words = argv, settings;
    for (const auto& [name, value] : environment) settings.push_back(name + '=' + value);
    const std::vector<char*> arguments = pointers(words), variables = pointers(settings);
    pid_ = fork();
    if (pid_ == 0) {
        std::signal(SIGPIPE, SIG_DFL);
        setsid();  // as sshd does it
        dup2(in[0], 0), dup2(out[1], 1), dup2(err[1], 2);
        if (chdir(directory.c_str()) == 0) execve(arguments[0], arguments.data(), variables.data());
        _exit(99);
    }
    close(in[0]), close(out[1]), close(err[1]);
    input_ = in[1], output_ = out[0], errors_ = err[0];
}

Process::~Process() {
    close_input();
    if (pid_ > 0) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    close(output_);
    close(errors_);
}

void Process::write(const std::string& text) {
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t n = ::write(input_, text.data() + done, text.size() - done);
        if (n < 0) throw std::runtime_error("the process does not read its stdin");
        done += static_cast<std::size_t>(n);
    }
}

void Process::close_input() {
    if (input_ >= 0) close(input_);
    input_ = -1;
}

bool Process::fill(int fd, std::string& buffer) {
    pollfd wanted{fd, POLLIN, 0};
    if (poll(&wanted, 1, limit_ms) <= 0) throw std::runtime_error("nothing to read for 20 s; so far: " + buffer);
    char piece[65536];
    const ssize_t n = read(fd, piece, sizeof piece);
    if (n > 0) buffer.append(piece, static_cast<std::size_t>(n));
    return n > 0;
}

std::string Process::line() {
    std::size_t end;
    while ((end = pending_.find('\n')) == std::string::npos) {
        if (!fill(output_, pending_)) throw std::runtime_error("stdout ended; stderr: " + errors());
    }
    std::string result = pending_.substr(0, end);
    pending_.erase(0, end + 1);
    return result;
}

std::string Process::output() {
    while (fill(output_, pending_)) {
    }
    return std::exchange(pending_, {});
}

std::string Process::errors() {
    std::string text;
    while (fill(errors_, text)) {
    }
    return text;
}

int Process::wait() {
    for (int waited = 0; waited < limit_ms; waited += 5) {
        int status = 0;
        if (waitpid(pid_, &status, WNOHANG) == pid_) {
            pid_ = -1;
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    throw std::runtime_error("the process did not end in 20 s");
}

}  // namespace eph::test
