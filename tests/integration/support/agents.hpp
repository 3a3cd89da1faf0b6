// A host with the real agents on it, accounts of the providers that they speak to, and a look at what a session leaves.
#pragma once

#include <set>

#include "tests/integration/support/world.hpp"

namespace eph::test {

inline constexpr const char* persons_key = "sk-real-key-of-the-person";  // of the providers that make none

struct RealAgent {
    std::string name;      // as --agent has it
    std::string provider;  // "": the agent's own
    std::string asks;      // words of the requests with which it asks its model
    std::string leave;     // the keys that leave its screen
};

class AgentWorld : public World {
public:
    AgentWorld();

    // Puts the agent where its installer would. False, said, when scripts/test has not installed it.
    bool install(const RealAgent& agent);

    std::vector<std::string> session(const RealAgent& agent, std::vector<std::string> words) const;

    // Notes what the host has now; what it has more of afterwards, files and processes, one a line.
    void look();
    std::string left();

    // The processes of who is logged in on the host: their environments and command lines.
    std::string environments() const;
    std::string command_lines() const;

    std::set<std::string> real_keys();  // what must not be seen on the host

private:
    std::set<std::string> files() const;
    std::string of_processes(const std::string& file) const;

    std::set<std::string> before_;
};

}  // namespace eph::test
