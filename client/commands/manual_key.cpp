// Asks, or runs the command. The person's terminal and stderr are the command's, so that it can ask in its turn.
#include "client/commands/manual_key.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <boost/asio/io_context.hpp>

#include "client/remote/child.hpp"
#include "client/terminal/terminal.hpp"
#include "common/error.hpp"
#include "common/text.hpp"
#include "common/time.hpp"

namespace eph {
namespace {

constexpr Duration command_limit = std::chrono::seconds{60};
constexpr std::size_t longest_key = 4096;

Secret checked(Secret key, std::string_view source) {
    const std::string_view text = key.reveal();
    if (text.empty()) throw Error{Code::usage, "{} gave no key", source};
    // A key goes into an HTTP header; what does not fit there was something else.
    if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; }))
        throw Error{Code::usage, "what {} gave is not a key: it holds blanks or other characters that no key has",
                    source};
    return key;
}

// Until the line is whole, or its program has closed it, or `until`; then false.
bool read_line(int pipe, std::string& line, std::chrono::steady_clock::time_point until) {
    line.reserve(longest_key + 1);
    while (line.size() <= longest_key && line.find('\n') == line.npos) {
        const auto left = std::chrono::ceil<Duration>(until - std::chrono::steady_clock::now());
        if (left <= Duration{0}) return false;
        pollfd wait{pipe, POLLIN, 0};
        if (poll(&wait, 1, static_cast<int>(left.count())) <= 0) continue;
        char byte = 0;
        const ssize_t got = read(pipe, &byte, 1);
        if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) return true;
        if (got == 1) line.push_back(byte);
    }
    return true;
}

// Nothing when it still runs at `until`.
std::optional<int> end_of(Child& child, std::chrono::steady_clock::time_point until) {
    while (std::chrono::steady_clock::now() < until) {
        if (const auto status = child.ended()) return status;
        usleep(1000);
    }
    return std::nullopt;
}

}  // namespace

Secret prompt_for_key(std::string_view provider) {
    if (isatty(STDIN_FILENO) == 0) {
        throw Error{Code::usage, "--prompt-key needs a terminal on stdin, to ask without echo"}.hint(
            "Without one, let a command print the key: --key-command CMD");
    }
    std::optional<Secret> key = ask_secret(fmt::format("{} API key (not shown): ", provider));
    if (!key) throw Error{Code::usage, "no key was given"};
    return checked(std::move(*key), "the answer");
}

Secret key_from_command(const std::string& command) {
    const auto until = std::chrono::steady_clock::now() + command_limit;
    boost::asio::io_context context;
    Child child{context.get_executor(), {"sh", "-c", command}, Streams::answering};
    std::string line;
    std::optional<int> status;
    if (read_line(child.output().native_handle(), line, until)) {
        child.output().close();
        status = end_of(child, until);
    }
    if (!status) throw Error{Code::timeout, "the key command did not end within 60 s: {}", printable(command, 200)};
    // A line that was taken may have cost the command its next write.
    if (*status != 0 && *status != 128 + SIGPIPE)
        throw Error{Code::usage, "the key command ended with status {}: {}", *status, printable(command, 200)};
    Secret key{trim(std::string_view{line}.substr(0, line.find('\n')))};
    wipe(line);
    return checked(std::move(key), "the key command");
}

}  // namespace eph
