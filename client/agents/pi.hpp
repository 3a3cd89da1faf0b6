// Pi (npm @earendil-works/pi-coding-agent, 0.74 and later), and how it runs without leaving anything behind.
#pragma once

#include "client/agents/agent.hpp"

namespace eph {

struct PiOptions {
    std::string provider = "openai";
    std::optional<std::string> model = {};
    std::optional<std::string> thinking = {};
    std::optional<std::string> task = {};  // none: with a terminal an empty screen, without one Pi reads its stdin
    std::optional<std::string> path = {};  // --remote-pi
    std::optional<std::string> npx = {};   // --npx: run by npx, in this version; "" for the newest
};

// Throws Error{usage} for a provider that has no key variable (providers.hpp).
AgentLaunch pi_launch(const PiOptions& options, const LaunchPlace& place);

}  // namespace eph
