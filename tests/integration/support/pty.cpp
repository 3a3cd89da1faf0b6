// forkpty(3) and patience.
#include "tests/integration/support/pty.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <util.h>
#else
#include <pty.h>
#include <sys/prctl.h>
#endif

#include <csignal>

#include "tests/support/catch.hpp"

namespace eph::test {

Pty::Pty(std::vector<std::string> argv, const Variables& variables) {
    std::vector<char*> arguments;
    for (std::string& word : argv) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    winsize size{24, 80, 0, 0};
    pid_ = forkpty(&descriptor_, nullptr, nullptr, &size);
    if (pid_ == 0) {
#if defined(__linux__)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        clearenv();
#endif
        for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
        setenv("TERM", "xterm-256color", 1);
        execvp(arguments[0], arguments.data());
        _exit(99);
    }
    REQUIRE(pid_ > 0);
    fcntl(descriptor_, F_SETFD, FD_CLOEXEC);
    fcntl(descriptor_, F_SETFL, O_NONBLOCK);
}

Pty::~Pty() {
    hang_up();
    if (!running()) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
}

void Pty::hang_up() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
}

void Pty::type(const std::string& keys) {
    REQUIRE(write(descriptor_, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
}

bool Pty::echoes() {
    termios settings{};
    REQUIRE(tcgetattr(descriptor_, &settings) == 0);
    return (settings.c_lflag & ECHO) != 0;
}

void Pty::look() {
    char piece[65536];
    while (descriptor_ >= 0) {
        const ssize_t n = read(descriptor_, piece, sizeof piece);
        if (n <= 0) return;
        screen_.append(piece, static_cast<std::size_t>(n));
    }
}

const std::string& Pty::screen() {
    look();
    return screen_;
}

bool Pty::running() {
    if (pid_ < 0) return false;
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
    pid_ = -1;
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return false;
}

void Pty::wait_for(const std::string& text, Limit limit) {
    const bool came = eventually(
        [&] {
            const bool alive = running();
            return screen().find(text) != std::string::npos || !alive;
        },
        limit);
    if (!came || screen().find(text) == std::string::npos)
        FAIL("the terminal did not show '" << text << "', but:\n" << screen_);
}

int Pty::wait(Limit limit) {
    const bool ended = eventually(
        [&] {
            look();
            return !running();
        },
        limit);
    if (!ended) FAIL("the program in the terminal did not end; it showed:\n" << screen_);
    look();
    return status_;
}

}  // namespace eph::test
