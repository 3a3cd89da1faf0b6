// eph exec <host>|--local -- command...: any command with a disposable key in its environment.
#include <filesystem>

#include "client/agents/command.hpp"
#include "client/commands/commands.hpp"
#include "client/commands/session_options.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

// For the ledger, which is told the program's name, and none of its arguments.
std::string ledger_name(const std::string& program) {
    constexpr std::size_t longest = 40;
    constexpr std::string_view dots = "...";  // what printable() shows of a name that it has cut, between characters
    const std::string name = printable(std::filesystem::path{program}.filename().string(), longest - dots.size());
    return name.empty() ? "command" : name;
}

}  // namespace

int exec_command(const Arguments& arguments) {
    SessionPlan plan = common_plan(arguments);
    CommandOptions options;
    options.words = words_behind_host(arguments);
    if (options.words.front().empty() || has_control(options.words.front()))
        throw Error{Code::usage, "'{}' cannot be a command", printable(options.words.front(), 80)};
    options.provider = plan.provider;
    if (const auto variable = arguments.value("--env")) {
        if (const std::string_view fault = fault_of_variable(*variable); !fault.empty())
            throw Error{Code::usage, "'{}' cannot be the variable of the key: {}", printable(*variable, 80), fault};
        options.key_variable = *variable;
    }
    plan.agent = ledger_name(options.words.front());
    plan.interactive = has_terminal();
    plan.launch = [options = std::move(options)](const LaunchPlace& place) { return command_launch(options, place); };
    take_manual_key(plan, arguments);
    return run_plan(std::move(plan));
}

}  // namespace eph
