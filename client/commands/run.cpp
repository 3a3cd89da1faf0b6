// eph <host> [task...]: reads the options and runs the session.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "client/agents/pi.hpp"
#include "client/commands/commands.hpp"
#include "client/commands/session_options.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

constexpr std::size_t task_limit = 4 * 1024 * 1024;

std::string read_task(std::istream& stream, const std::string& name) {
    std::string text;
    std::array<char, 65536> piece{};
    while (stream.read(piece.data(), piece.size()) || stream.gcount() > 0) {
        text.append(piece.data(), static_cast<std::size_t>(stream.gcount()));
        if (text.size() > task_limit) throw Error{Code::usage, "the task in {} is larger than 4 MB", name};
    }
    if (stream.bad()) throw Error{Code::storage, "cannot read the task from {}: {}", name, std::strerror(errno)};
    return text;
}

std::string read_task_file(const std::string& name) {
    if (name == "-") return read_task(std::cin, "stdin");
    std::ifstream file{name, std::ios::binary};
    if (!file)
        throw Error{Code::storage, "cannot read the task from {}: {}", printable(name, 200), std::strerror(errno)};
    return read_task(file, name);
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

// From the words, --task or --task-file; at most one of them.
std::optional<std::string> find_task(const Arguments& arguments, std::vector<std::string> words) {
    const int sources =
        (words.empty() ? 0 : 1) + (arguments.has("--task") ? 1 : 0) + (arguments.has("--task-file") ? 1 : 0);
    if (sources == 0) return std::nullopt;
    if (sources > 1)
        throw Error{Code::usage, "the task is given twice"}.hint("Give it as words, with --task or with --task-file.");
    std::string task = arguments.has("--task-file")           ? read_task_file(*arguments.value("--task-file"))
                       : arguments.has("--task")              ? *arguments.value("--task")
                       : words.size() == 1 && words[0] == "-" ? read_task_file("-")
                                                              : joined(words);
    if (task.find('\0') != task.npos) {
        throw Error{Code::usage, "the task holds a NUL character"}.hint("A task is text; is this the right file?");
    }
    if (trim(task).empty()) {
        throw Error{Code::usage, "the task is empty"}.hint(
            "Without a task, Pi opens with an empty screen: leave it out.");
    }
    return task;
}

// npm's specs may also be ranges, addresses and files: those are not meant here.
bool fault_of_version(std::string_view version) {
    constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-+";
    return version.find_first_not_of(allowed) != version.npos || version[0] == '-' || version[0] == '.';
}

PiOptions pi_options(const Arguments& arguments) {
    PiOptions pi;
    pi.model = plain_value(arguments, "--model");
    pi.thinking = plain_value(arguments, "--thinking");
    constexpr std::array<std::string_view, 7> levels{"off", "minimal", "low", "medium", "high", "xhigh", "max"};
    if (pi.thinking && std::find(levels.begin(), levels.end(), *pi.thinking) == levels.end()) {
        throw Error{Code::usage, "'{}' is not a level of --thinking", printable(*pi.thinking, 40)}.hint(
            "Levels: off, minimal, low, medium, high, xhigh, max.");
    }
    pi.path = plain_value(arguments, "--remote-pi");
    const std::optional<std::string> version = plain_value(arguments, "--pi-version");
    if (arguments.has("--npx")) pi.npx = version.value_or("");
    if (pi.npx && pi.path)
        throw Error{Code::usage, "--npx and --remote-pi exclude each other"}.hint(
            "--npx runs a Pi that it fetches, --remote-pi one that is there.");
    if (version && !pi.npx) throw Error{Code::usage, "--pi-version goes with --npx alone"};
    if (version && fault_of_version(*version))
        throw Error{Code::usage, "'{}' is not a version of Pi", printable(*version, 80)}.hint(
            "A version is like 1.5.2, or a tag like latest.");
    return pi;
}

}  // namespace

int run_session(const Arguments& arguments) {
    SessionPlan plan = common_plan(arguments);
    PiOptions pi = pi_options(arguments);
    pi.provider = plan.provider;
    pi.task = find_task(arguments, words_behind_host(arguments));
    plan.interactive = has_terminal() && !arguments.has("--print");
    plan.launch = [pi = std::move(pi)](const LaunchPlace& place) { return pi_launch(pi, place); };
    take_manual_key(plan, arguments);
    return run_plan(std::move(plan));
}

}  // namespace eph
