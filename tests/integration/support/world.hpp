// A person with eph, a host to log in to, an ephd and a provider.
#pragma once

#include "tests/integration/support/daemon.hpp"
#include "tests/integration/support/pty.hpp"
#include "tests/integration/support/sshd.hpp"

namespace eph::test {

struct World {
    Sim sim{{"--reply", "hello from the model"}};
    TempHome home;
    Sshd sshd{home};
    Daemon ephd{home, sim};

    std::unique_ptr<Program> start(std::vector<std::string> words, const std::string& input = "", const Variables& extra = {});
    Finished eph(std::vector<std::string> words, const std::string& input = "", const Variables& extra = {});
    std::unique_ptr<Terminal> terminal(std::vector<std::string> words);

    // The agent's stand-in: says `started DIRECTORY PID`, then does `text`.
    void agent(const std::string& text);

    // What the stand-in of a running eph said of itself.
    struct Agent {
        std::filesystem::path directory;
        pid_t pid;
        bool gone() const;  // waits for it: no process, no directory
    };
    static Agent agent_of(Program& eph);

    bool all_revoked();  // waits for it
};

// With KEY for a key's id and TIME for a time of day; which of the two that run side by side was first is left out.
std::string normal(std::string text);

}  // namespace eph::test
