// eph <host> [task...]: reads the options and runs the session.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "client/agents/agents.hpp"
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
std::optional<std::string> find_task(const Arguments& arguments, std::vector<std::string> words,
                                     std::string_view agent) {
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
            fmt::format("Without a task, {} opens with an empty screen: leave it out.", agent));
    }
    return task;
}

// npm's specs may also be ranges, addresses and files: those are not meant here.
bool fault_of_version(std::string_view version) {
    constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-+";
    return version.find_first_not_of(allowed) != version.npos || version[0] == '-' || version[0] == '.';
}

// What is Pi's alone: --remote-pi, --npx and --pi-version.
void read_pi_options(const Arguments& arguments, AgentOptions& options) {
    if (const auto path = plain_value(arguments, "--remote-pi")) options.path = path;
    const std::optional<std::string> version = plain_value(arguments, "--pi-version");
    if (arguments.has("--npx")) options.npx = version.value_or("");
    if (options.npx && options.path) {
        const std::string_view other = arguments.has("--remote-pi") ? "--remote-pi" : "--agent-path";
        throw Error{Code::usage, "--npx and {} exclude each other", other}.hint(
            fmt::format("--npx runs a Pi that it fetches, {} one that is there.", other));
    }
    if (version && !options.npx) throw Error{Code::usage, "--pi-version goes with --npx alone"};
    if (version && fault_of_version(*version))
        throw Error{Code::usage, "'{}' is not a version of Pi", printable(*version, 80)}.hint(
            "A version is like 1.5.2, or a tag like latest.");
}

AgentOptions agent_options(const Arguments& arguments, const AgentKind& kind) {
    AgentOptions options;
    options.model = plain_value(arguments, "--model");
    options.thinking = plain_value(arguments, "--thinking");
    check_level(kind, options.thinking);
    options.path = plain_value(arguments, "--agent-path");
    if (kind.name == "pi") {
        read_pi_options(arguments, options);
        return options;
    }
    for (const std::string_view option : {"--remote-pi", "--npx", "--pi-version"}) {
        if (arguments.has(option))
            throw Error{Code::usage, "{} is for Pi, not for {}", option, kind.title}.hint(
                "Where another agent is on the host says --agent-path PATH.");
    }
    return options;
}

}  // namespace

int run_session(const Arguments& arguments) {
    const AgentKind& kind = agent_kind(plain_value(arguments, "--agent").value_or("pi"));
    SessionPlan plan = common_plan(arguments);
    check_provider(kind, plan.provider);
    AgentOptions options = agent_options(arguments, kind);
    options.provider = plan.provider;
    options.task = find_task(arguments, words_behind_host(arguments), kind.title);
    plan.agent = kind.name;
    plan.interactive = has_terminal() && !arguments.has("--print");
    plan.launch = [&kind, options = std::move(options)](const LaunchPlace& place) {
        return launch_agent(kind, options, place);
    };
    take_manual_key(plan, arguments);
    return run_plan(std::move(plan));
}

}  // namespace eph
