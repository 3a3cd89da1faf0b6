// termios and escape sequences.
#include "client/terminal/terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "common/error.hpp"
#include "common/paths.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

void write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

volatile std::sig_atomic_t interrupted_by = 0;  // only while somebody is asked without echo

void note_interrupt(int signal) { interrupted_by = signal; }

// Byte by byte, so that nothing behind the line is taken from a pipe. False at end of input.
bool read_line(int descriptor, std::string& line) {
    line.reserve(4096);
    for (;;) {
        char byte = 0;
        const ssize_t got = read(descriptor, &byte, 1);
        if (got < 0 && errno == EINTR && interrupted_by == 0) continue;
        if (got <= 0) return !line.empty();
        if (byte == '\n') return true;
        if (line.size() == 4096) {
            throw Error{Code::usage, "the line that was typed or piped in is longer than 4096 characters"}.hint(
                "Give it alone, in one line.");
        }
        line.push_back(byte);
    }
}

// Echo off for as long as it lives. A signal ends the reading; it is let through once the modes are put back.
class Unseen {
public:
    explicit Unseen(int terminal) : terminal_(terminal) {
        interrupted_by = 0;
        struct sigaction note {};
        note.sa_handler = note_interrupt;  // without SA_RESTART
        sigemptyset(&note.sa_mask);
        for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &note, &before_[i]);
        tcgetattr(terminal_, &modes_);
        termios quiet = modes_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        quiet.c_lflag |= ECHONL;
        tcsetattr(terminal_, TCSAFLUSH, &quiet);
    }
    ~Unseen() {
        tcsetattr(terminal_, TCSAFLUSH, &modes_);
        for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &before_[i], nullptr);
        const int signal = interrupted_by;
        interrupted_by = 0;
        if (signal == 0) return;
        write_all(STDERR_FILENO, "\n");
        raise(signal);
    }
    Unseen(const Unseen&) = delete;
    Unseen& operator=(const Unseen&) = delete;

private:
    static constexpr std::array signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

    int terminal_;
    termios modes_{};
    std::array<struct sigaction, signals.size()> before_{};
};

// False where a signal has ended it, and eph is still there.
bool read_unseen(std::string_view question, std::string& line, bool& given) {
    write_all(STDERR_FILENO, question);
    const Unseen unseen{STDIN_FILENO};
    given = read_line(STDIN_FILENO, line);
    if (interrupted_by != 0) return false;
    if (!given) write_all(STDERR_FILENO, "\n");  // Ctrl-D leaves the cursor behind the question
    return true;
}

}  // namespace

bool has_terminal() { return isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0; }
bool stdout_is_whole() {
    if (std::cout.flush()) return true;
    pollfd reader{STDOUT_FILENO, 0, 0};
    if (poll(&reader, 1, 0) == 1 && (reader.revents & POLLERR) != 0) return false;
    throw Error{Code::storage, "cannot write all of the answer to stdout"}.hint("Is the disk full?");
}
bool stderr_moves() { return isatty(STDERR_FILENO) != 0 && environment("TERM") != "dumb"; }
bool colours_wanted() { return stderr_moves() && environment("NO_COLOR").empty(); }

SavedTerminal::SavedTerminal() {
    termios modes{};
    if (tcgetattr(STDIN_FILENO, &modes) == 0) modes_ = modes;
}

void SavedTerminal::restore() {
    if (!modes_) return;
    // A process in the background would be stopped for writing the terminal's modes.
    sigset_t stop;
    sigset_t before;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTTOU);
    sigprocmask(SIG_BLOCK, &stop, &before);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &*modes_);
    sigprocmask(SIG_SETMASK, &before, nullptr);
}

void reset_screen() {
    if (isatty(STDOUT_FILENO) != 0)
        write_all(STDOUT_FILENO,
                  "\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1049l\x1b[<u\x1b[0m\r\n");
}

void Title::set(std::string_view text) {
    if (!stderr_moves()) return;
    if (!changed_) write_all(STDERR_FILENO, "\x1b[22;0t");
    changed_ = true;
    write_all(STDERR_FILENO, "\x1b]0;" + printable(text, 120) + "\x07");
}

Title::~Title() {
    if (changed_) write_all(STDERR_FILENO, "\x1b[23;0t");
}

std::optional<Secret> ask_secret(std::string_view question) {
    std::string line;
    bool given = false;
    if (isatty(STDIN_FILENO) != 0) {
        while (!read_unseen(question, line, given)) wipe(line);  // stopped, and is in the foreground again
    } else {
        given = read_line(STDIN_FILENO, line);
    }
    if (!given) return std::nullopt;
    Secret secret{trim(line)};
    wipe(line);
    return secret;
}

std::optional<std::string> ask(std::string_view question) {
    if (isatty(STDIN_FILENO) != 0) write_all(STDERR_FILENO, question);
    std::string line;
    if (read_line(STDIN_FILENO, line)) return std::string{trim(line)};
    if (isatty(STDIN_FILENO) != 0) write_all(STDERR_FILENO, "\n");
    return std::nullopt;
}

}  // namespace eph
