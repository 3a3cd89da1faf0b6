// The agents that eph knows, as rows of a table: what --agent names, and how each is run.
#pragma once

#include <span>

#include "client/agents/agent.hpp"

namespace eph {

struct AgentOptions {
    std::string provider;
    std::optional<std::string> model = {};
    std::optional<std::string> thinking = {};
    std::optional<std::string> task =
        {};  // none: with a terminal an empty screen, without one the agent reads its stdin
    std::optional<std::string> path = {};  // --agent-path: what to run, instead of what is found
    std::optional<std::string> npx = {};   // of Pi alone: run by npx, in this version; "" for the newest
};

struct AgentKind {
    std::string_view name;            // --agent's, and the ledger's
    std::string_view title;           // for people
    std::string_view provider;        // unless --provider says otherwise
    std::optional<ApiFamily> family;  // the only one that it speaks; none: it speaks all
    std::string_view levels;          // of --thinking, between blanks; "" where it has none
    AgentLaunch (*launch)(const AgentOptions&, const LaunchPlace&);
};

std::span<const AgentKind> agent_kinds();

// Throws Error{usage} that names the known ones.
const AgentKind& agent_kind(std::string_view name);

// Throw Error{usage} for what this agent has not: a level of thinking; a provider whose API it does not speak. The
// second says nothing of a provider that only ephd knows; launch_agent() does, which knows its family from `place`.
void check_level(const AgentKind& kind, const std::optional<std::string>& level);
void check_provider(const AgentKind& kind, const std::string& provider);

AgentLaunch launch_agent(const AgentKind& kind, const AgentOptions& options, const LaunchPlace& place);

// One file each; pi.hpp has Pi's.
AgentLaunch claude_launch(const AgentOptions& options, const LaunchPlace& place);
AgentLaunch codex_launch(const AgentOptions& options, const LaunchPlace& place);
AgentLaunch opencode_launch(const AgentOptions& options, const LaunchPlace& place);
AgentLaunch gemini_launch(const AgentOptions& options, const LaunchPlace& place);

}  // namespace eph
