// termios and escape sequences.
#include "client/terminal/terminal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

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

constexpr char ctrl_c = '\x03';

// Byte by byte, so that nothing behind the line is taken from a pipe. False at end of input. `last` ends the line, too,
// and stays in it.
bool read_line(int descriptor, std::string& line, char last = '\n') {
    line.reserve(4096);
    for (;;) {
        char byte = 0;
        const ssize_t got = read(descriptor, &byte, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return !line.empty();
        if (byte == '\n') return true;
        if (line.size() == 4096)
            throw Error{Code::usage, "the line that was typed or piped in is longer than 4096 characters"};
        line.push_back(byte);
        if (byte == last) return true;
    }
}

// Echo off for as long as it lives. Ctrl-C is to end eph with the modes put back: it is read, at once, as a line's end.
class Unseen {
public:
    explicit Unseen(int terminal) : terminal_(terminal) {
        sigset_t interrupts;
        sigemptyset(&interrupts);
        for (const int each : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}) sigaddset(&interrupts, each);
        sigprocmask(SIG_BLOCK, &interrupts, &before_);
        tcgetattr(terminal_, &modes_);
        termios quiet = modes_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        quiet.c_lflag |= ECHONL;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ISIG);
        quiet.c_cc[VEOL] = ctrl_c;
        tcsetattr(terminal_, TCSAFLUSH, &quiet);
    }
    ~Unseen() {
        tcsetattr(terminal_, TCSAFLUSH, &modes_);
        sigprocmask(SIG_SETMASK, &before_, nullptr);
    }
    Unseen(const Unseen&) = delete;
    Unseen& operator=(const Unseen&) = delete;

private:
    int terminal_;
    termios modes_{};
    sigset_t before_{};
};

bool read_unseen(std::string& line) {
    std::optional<Unseen> unseen{STDIN_FILENO};
    const bool given = read_line(STDIN_FILENO, line, ctrl_c);
    unseen.reset();
    if (line.ends_with(ctrl_c)) {
        wipe(line);
        write_all(STDERR_FILENO, "\n");
        std::raise(SIGINT);
    }
    return given;
}

}  // namespace

bool has_terminal() { return isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0; }
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
        write_all(STDERR_FILENO, question);
        given = read_unseen(line);
    } else {
        given = read_line(STDIN_FILENO, line);
    }
    if (!given) {
        wipe(line);
        return std::nullopt;
    }
    Secret secret{trim(line)};
    wipe(line);
    return secret;
}

std::optional<std::string> ask(std::string_view question) {
    if (isatty(STDIN_FILENO) != 0) write_all(STDERR_FILENO, question);
    std::string line;
    if (!read_line(STDIN_FILENO, line)) return std::nullopt;
    return std::string{trim(line)};
}

}  // namespace eph
