// The shell side of a session: what eph sends to a host, or to a local sh, and how it reads what comes back.
//
// Two channels. The keeper (bootstrap_command) gets on its stdin keeper_input, answers `ready`, then gets the secret as
// one line, never sooner, answers `armed`, and from then on cleans up when its stdin ends. The runner (run_command)
// becomes the agent; it may be started once the keeper is ready, and waits for the secret; waiting_run_command may be
// started before. Through the broker a line `port NUMBER` comes before the secret.
#pragma once

#include <chrono>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "client/agents/agent.hpp"

namespace eph {

// What a session's directory and processes on a host are known by: 20 characters of [a-z0-9].
class SessionMark {
public:
    static SessionMark make();
    explicit SessionMark(std::string text);  // throws Error{internal} for anything else

    const std::string& text() const { return text_; }
    auto operator<=>(const SessionMark&) const = default;

private:
    std::string text_;
};

// Where a session lives on its host: `<base>/eph-<mark>`.
struct SessionPlace {
    SessionMark mark;
    std::string base = "/tmp";

    std::string directory() const { return base + "/eph-" + mark.text(); }
};

struct ScriptRequest {
    SessionPlace place;
    AgentLaunch launch;
    std::chrono::seconds login_limit{5};  // how long a login shell may take to say its PATH; 0: not asked (local)
};

// What the keeper says of itself.
struct KeeperLine {
    enum class State {
        ready,           // detail: the agent's path; the secret may be written now
        armed,           // the secret is where the runner takes it
        missing,         // there is no such agent; the keeper has cleaned up and gone, as in the next two
        not_executable,  // detail: the path
        error,           // detail: what failed
    };
    State state;
    std::string detail;
};

// What each text begins with: zsh reads POSIX sh only when it is told to.
inline constexpr std::string_view shell_preamble = "[ -z \"${ZSH_VERSION-}\" ] || emulate sh\n";

// `text` as one word of a POSIX shell.
std::string shell_quote(std::string_view text);

// What goes to the keeper's stdin before the secret. Throws Error{usage} for a NUL or what else no shell can carry.
std::string keeper_input(const ScriptRequest& request);

// One line that every login shell (sh, bash, zsh, fish, csh) reads alike; `input` is what will be sent.
std::string bootstrap_command(std::string_view input);

std::string run_command(const SessionPlace& place);

// The same for a runner without a stdin of the person's, begun before its session's directory is there: it waits for
// the directory's path, as a line on stdin, and ends where none comes.
std::string waiting_run_command();

// A line that a text of ours has printed on a host: `eph <mark> <word> <detail>`. Nothing for any other line.
struct MarkedLine {
    std::string_view word;
    std::string_view detail;
};
std::optional<MarkedLine> parse_marked_line(std::string_view line, const SessionMark& mark);

// Nothing for a line that is not the keeper's: login shells print what they like.
std::optional<KeeperLine> parse_keeper_line(std::string_view line, const SessionMark& mark);

}  // namespace eph
