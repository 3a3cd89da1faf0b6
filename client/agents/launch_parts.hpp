// What the launches of several agents have in common.
#pragma once

#include "client/agents/agents.hpp"

namespace eph {

// The credential's variable, where an agent can be told which one it is: one that means nothing to anybody else.
inline constexpr std::string_view token_variable = "EPH_TOKEN";

// A launch without arguments, with the directories `config` and `tmp`, and temporary files in the latter.
AgentLaunch plain_launch(AgentRow row, const AgentOptions& options, const LaunchPlace& place, std::string install_hint);

// Where the provider is, also where that is its usual place: what a host's settings say of it has no say then.
std::string base_url_of(const AgentOptions& options, const LaunchPlace& place);

// With a terminal: the task goes into a file of its own, behind `head`, and what is behind the agent's argv is a
// sentence that names the file. The path below the session's directory.
void put_task_in_file(AgentLaunch& launch, const std::string& path, const std::string& head = "");

// The directory where the agent starts is the person's home on a host: what its settings say there is meant for the
// agent that is at home there, and not for this session's.
inline bool starts_at_home(const LaunchPlace& place) { return !place.host.empty(); }

}  // namespace eph
