// Any command as an agent: eph exec.
#pragma once

#include "client/agents/agent.hpp"

namespace eph {

struct CommandOptions {
    std::vector<std::string> words;  // the program and its arguments, at least one
    std::string key_variable;        // "": the provider's usual one
    std::string provider = "openai";
};

AgentLaunch command_launch(const CommandOptions& options, const LaunchPlace& place);

// Why a credential cannot go into the environment as `name`; "" when it can.
std::string_view fault_of_variable(std::string_view name);

}  // namespace eph
