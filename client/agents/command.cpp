// A command gets the key, where the provider is if that is not the usual place, and nothing else.
#include "client/agents/command.hpp"

#include <algorithm>
#include <array>

#include "common/error.hpp"
#include "common/text.hpp"

namespace eph {

AgentLaunch command_launch(const CommandOptions& options, const LaunchPlace& place) {
    AgentLaunch launch{
        .agent = {.name = printable(options.words.front(), 80), .executable = {}, .bundle = {}},
        .path = options.words.front(),
        .sought = printable(options.words.front(), 200),
        .arguments = {options.words.begin() + 1, options.words.end()},
        .environment = {},
        .key_variable = options.key_variable,
        .directories = {},
        .files = {},
    };
    if (place.base_url && options.provider == "openai")
        launch.environment.emplace_back("OPENAI_BASE_URL", *place.base_url);
    return launch;
}

std::string_view fault_of_variable(std::string_view name) {
    constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    if (name.empty()) return "it is empty";
    if (name.find_first_not_of(allowed) != name.npos || (name[0] >= '0' && name[0] <= '9'))
        return "it may hold letters, digits and _ alone, and not begin with a digit";
    // Of shells and of programs; and those that run.sh and zsh use themselves.
    constexpr std::string_view taken =
        " PATH HOME IFS ENV SHELL PWD OLDPWD CDPATH FPATH PS1 PS2 PS4 OPTIND OPTARG OPTERR PPID UID EUID GID EGID USER "
        "LOGNAME TERM LANG TMPDIR TMOUT SHELLOPTS BASHOPTS POSIXLY_CORRECT SHLVL RANDOM SECONDS LINENO HISTFILE "
        "OPENAI_BASE_URL _ id base d secret secret_name task keeper agent path status argv options signals prompt "
        "port ";
    constexpr std::array<std::string_view, 7> families{"LD_", "DYLD_", "LC_", "EPH_", "BASH_", "ZSH_", "GLIBC_"};
    if (taken.find(fmt::format(" {} ", name)) != taken.npos ||
        std::any_of(families.begin(), families.end(), [&](auto family) { return name.starts_with(family); }))
        return "it means something else to a shell, to programs or to eph";
    return "";
}

}  // namespace eph
