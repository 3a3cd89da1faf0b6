// eph <host> [task...]: reads the options and runs the session.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "client/commands/commands.hpp"
#include "client/session/timeline.hpp"
#include "common/duration.hpp"
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
    if (task.find('\0') != task.npos) throw Error{Code::usage, "the task holds a NUL character"};
    if (trim(task).empty()) throw Error{Code::usage, "the task is empty"};
    return task;
}

std::optional<std::string> plain_value(const Arguments& arguments, std::string_view option) {
    std::optional<std::string> value = arguments.value(option);
    if (value && (value->empty() || has_control(*value))) {
        throw Error{Code::usage, "'{}' cannot be the value of {}", printable(*value, 80), option};
    }
    return value;
}

SessionPlan make_plan(const Arguments& arguments) {
    SessionPlan plan;
    std::vector<std::string> words = arguments.words;
    if (!arguments.has("--local")) {
        plan.host = words.front();
        check_host(plan.host);
        words.erase(words.begin());
    }
    plan.provider = plain_value(arguments, "--provider").value_or("openai");
    if (plan.provider != "openai") {
        throw Error{Code::usage, "the provider '{}' is not known", printable(plan.provider, 40)}.hint(
            "Known providers: openai.");
    }
    if (const auto ttl = arguments.value("--ttl")) plan.ttl = parse_duration(*ttl);
    plan.model = plain_value(arguments, "--model");
    plan.thinking = plain_value(arguments, "--thinking");
    constexpr std::array<std::string_view, 7> levels{"off", "minimal", "low", "medium", "high", "xhigh", "max"};
    if (plan.thinking && std::find(levels.begin(), levels.end(), *plan.thinking) == levels.end()) {
        throw Error{Code::usage, "'{}' is not a level of --thinking", printable(*plan.thinking, 40)}.hint(
            "Levels: off, minimal, low, medium, high, xhigh, max.");
    }
    plan.agent_path = plain_value(arguments, "--remote-pi");
    plan.task = find_task(arguments, std::move(words));
    plan.interactive = has_terminal() && !arguments.has("--print");
    return plan;
}

}  // namespace

int run_session(const Arguments& arguments) {
    SessionPlan plan = make_plan(arguments);
    Progress progress;
    asio::io_context context{1};
    Timeline timeline{context, std::move(plan), progress};
    std::exception_ptr failure;
    int status = 0;
    asio::co_spawn(context, timeline.run(), [&](std::exception_ptr thrown, int result) {
        failure = thrown;
        status = result;
        context.stop();  // what still waits, for signals and the lease, ends with the program
    });
    context.run();
    if (failure) std::rethrow_exception(failure);
    return status;
}

}  // namespace eph
