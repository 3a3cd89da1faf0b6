// A command gets the key or the broker's token, where the provider is if that is not the usual place, and nothing else.
#include "client/agents/command.hpp"

#include <algorithm>
#include <array>

#include "common/error.hpp"
#include "common/text.hpp"

namespace eph {

std::string variable_of(const std::string& provider, const LaunchPlace& place) {
    return place.key_variable.empty() ? std::string{provider_row(provider).variable} : place.key_variable;
}

AgentLaunch command_launch(const CommandOptions& options, const LaunchPlace& place) {
    const std::string variable =
        options.key_variable.empty() ? variable_of(options.provider, place) : options.key_variable;
    AgentLaunch launch{
        .agent = {.name = printable(options.words.front(), 80), .executable = {}, .bundle = {}},
        .path = options.words.front(),
        .sought = printable(options.words.front(), 200),
        .arguments = {options.words.begin() + 1, options.words.end()},
        .environment = {},
        .key_variable = variable,
        .directories = {},
        .files = {},
    };
    const ProviderRow* row = find_provider(options.provider);
    if (place.base_url && row != nullptr && !row->base_variable.empty())
        launch.environment.emplace_back(row->base_variable, *place.base_url);
    if (place.base_url && place.broker) launch.environment.emplace_back("EPH_BASE_URL", *place.base_url);
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
        "OPENAI_BASE_URL ANTHROPIC_BASE_URL GOOGLE_GEMINI_BASE_URL NO_PROXY no_proxy _ id base d secret secret_name "
        "task keeper agent path status argv options signals prompt "
        "port ";
    constexpr std::array<std::string_view, 7> families{"LD_", "DYLD_", "LC_", "EPH_", "BASH_", "ZSH_", "GLIBC_"};
    if (taken.find(fmt::format(" {} ", name)) != taken.npos ||
        std::any_of(families.begin(), families.end(), [&](auto family) { return name.starts_with(family); }))
        return "it means something else to a shell, to programs or to eph";
    return "";
}

}  // namespace eph
