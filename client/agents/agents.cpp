// The table of agents.
#include "client/agents/agents.hpp"

#include <algorithm>
#include <array>

#include "client/agents/pi.hpp"
#include "common/error.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

AgentLaunch pi_row(const AgentOptions& options, const LaunchPlace& place) {
    PiOptions pi;
    pi.provider = options.provider;
    pi.model = options.model;
    pi.thinking = options.thinking;
    pi.task = options.task;
    pi.path = options.path;
    pi.npx = options.npx;
    return pi_launch(pi, place);
}

constexpr std::array kinds{
    AgentKind{"pi", "Pi", "openai", std::nullopt, " off minimal low medium high xhigh max ", pi_row},
    AgentKind{"claude", "Claude Code", "anthropic", ApiFamily::anthropic, " low medium high xhigh max ", claude_launch},
    AgentKind{"codex", "Codex", "openai", ApiFamily::openai, " off minimal low medium high xhigh max ", codex_launch},
    AgentKind{"opencode", "opencode", "openai", std::nullopt, "", opencode_launch},
    AgentKind{"gemini", "Gemini CLI", "google", ApiFamily::google, "", gemini_launch},
};

void check_family(const AgentKind& kind, ApiFamily family, std::string_view provider) {
    if (!kind.family || *kind.family == family) return;
    throw Error{Code::usage, "{} cannot work with {}: it speaks {}'s API alone", kind.title, provider,
                name_of(*kind.family)}
        .hint("pi and opencode work with every provider: --agent pi");
}

}  // namespace

std::span<const AgentKind> agent_kinds() { return kinds; }

const AgentKind& agent_kind(std::string_view name) {
    const auto found =
        std::find_if(kinds.begin(), kinds.end(), [&](const AgentKind& kind) { return kind.name == name; });
    if (found != kinds.end()) return *found;
    std::string known;
    for (const AgentKind& kind : kinds) known += fmt::format("{}{}", known.empty() ? "" : ", ", kind.name);
    throw Error{Code::usage, "the agent '{}' is not known", printable(name, 40)}.hint(
        "Agents: " + known + ". Any other program runs by: eph exec <host> -- command...");
}

void check_level(const AgentKind& kind, const std::optional<std::string>& level) {
    if (!level) return;
    if (kind.levels.empty())
        throw Error{Code::usage, "{} has no levels of thinking that eph could set", kind.title}.hint(
            "Leave --thinking out.");
    if (level->find(' ') == level->npos && kind.levels.find(' ' + *level + ' ') != kind.levels.npos) return;
    std::string known;
    for (const char c : trim(kind.levels)) known += c == ' ' ? std::string{", "} : std::string(1, c);
    throw Error{Code::usage, "'{}' is not a level of --thinking", printable(*level, 40)}.hint("Levels: " + known + ".");
}

void check_provider(const AgentKind& kind, const std::string& provider) {
    if (const ProviderRow* row = find_provider(provider)) check_family(kind, row->family, row->title);
}

AgentLaunch launch_agent(const AgentKind& kind, const AgentOptions& options, const LaunchPlace& place) {
    const ProviderRow* row = find_provider(options.provider);
    check_family(kind, row != nullptr ? row->family : place.family, options.provider);
    return kind.launch(options, place);
}

}  // namespace eph
