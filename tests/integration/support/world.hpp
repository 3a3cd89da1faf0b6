// A person with eph, a host to log in to, an ephd and a provider.
#pragma once

#include "tests/integration/support/daemon.hpp"
#include "tests/integration/support/pty.hpp"
#include "tests/integration/support/sshd.hpp"

namespace eph::test {

// The agent's stand-in says where it is and what it was given. On the host from the start; tests let it do more.
inline constexpr const char* honest_agent =
    "echo \"dir=$PI_CODING_AGENT_DIR\"\necho \"arguments=$*\"\necho \"key=$OPENAI_API_KEY\"\n";

struct World {
    explicit World(std::vector<std::string> sim_options = {}, const std::string& sshd_lines = "",
                   std::vector<std::string> around_sshd = {});

    std::vector<std::string> command(std::vector<std::string> words) const;  // eph's
    Program start(std::vector<std::string> words, const std::string& input = "") const {
        return Program{command(std::move(words)), home.variables, input};
    }
    Finished eph(std::vector<std::string> words, const std::string& input = "") const {
        return start(std::move(words), input).wait(60s);
    }

    static std::filesystem::path directory(
        const std::string& said);  // of the session on the host, as the honest agent said it
    bool nothing_left(const std::filesystem::path& directory);  // waits until the directory and every key are gone

    Sim sim;
    TempHome home;
    Sshd host;
    Daemon ephd;
};

}  // namespace eph::test
