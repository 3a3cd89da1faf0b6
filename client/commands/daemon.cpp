// eph daemon start, restart, logs.
#include <charconv>

#include "client/commands/commands.hpp"
#include "client/services/kept.hpp"
#include "client/services/run_program.hpp"
#include "client/terminal/progress.hpp"
#include "common/error.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

constexpr int usual_lines = 100;

int lines_of(const std::string& text) {
    int lines = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), lines);
    if (error != std::errc{} || end != text.data() + text.size() || lines < 0)
        throw Error{Code::usage, "'{}' is not a number of lines", printable(text, 40)};
    return lines;
}

void say_running(Progress& progress, const Supervisor& keeper) {
    const std::optional<wire::Status> status = ask_ephd();
    if (!status)
        throw Error{Code::daemon_unreachable, "ephd was started, and does not answer"}.hint("See: eph daemon logs");
    progress.say(
        fmt::format("ephd {} runs, process {}, kept by {}", printable(status->version), status->pid, keeper.name()));
}

}  // namespace

int start_ephd(const Arguments&) {
    const Kept kept = look_at_ephd();
    kept.must_answer();
    Progress progress;
    if (!kept.status) {
        progress.step("starting ephd");
        kept.keeper().start();
    }
    say_running(progress, kept.keeper());
    return 0;
}

int restart_ephd(const Arguments&) {
    const Kept kept = look_at_ephd();
    if (!kept.service.running) kept.must_answer();  // a service manager ends also one that hangs
    Progress progress;
    progress.step("restarting ephd");
    const std::size_t sessions = kept.status ? kept.status->sessions.size() : 0;
    kept.keeper().restart(kept.status ? kept.status->pid : 0);
    say_running(progress, kept.keeper());
    if (sessions > 0)
        progress.say(fmt::format("{} {} on: each eph has 30 s to take its session up again", sessions,
                                 sessions == 1 ? "session goes" : "sessions go"));
    return 0;
}

int show_ephd_log(const Arguments& arguments) {
    const auto lines = arguments.value("--lines");
    const Kept kept = look_at_ephd();
    become_program(kept.keeper().log_command(arguments.has("--follow"), lines ? lines_of(*lines) : usual_lines));
}

}  // namespace eph
