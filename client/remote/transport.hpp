// How the keeper and the agent are reached: through one ssh connection with two channels, or by a local sh.
#pragma once

#include <string>
#include <vector>

#include "client/remote/script.hpp"

namespace eph {

// Where ssh puts the control socket of one session: in eph's runtime directory, which is this user's alone.
std::string control_path();

// What the agent's stdin is: eph's terminal, eph's pipe, or nothing of eph's.
enum class RunnerStdin { terminal, pipe, unused };

class Transport {
public:
    static Transport local();

    // Throws Error{usage} for a host that ssh would take for an option, and Error{remote_failed} when ssh is missing
    // or refuses its own configuration. Asks `ssh -G` what the person's configuration says, which opens no connection.
    static Transport ssh(const std::string& host);

    // `input`: what will be sent to the keeper's stdin first.
    std::vector<std::string> keeper(std::string_view input) const;
    std::vector<std::string> runner(const SessionPlace& place, RunnerStdin stdin_is) const;

    // Has the connection carry a port of the host's loopback back to a Unix socket of this machine. ssh prints the
    // port, and what it says otherwise on stderr. Throws Error{remote_failed} for a path that ssh would take for more.
    std::vector<std::string> way_back(const std::string& socket) const;

    bool is_local() const { return host_.empty(); }

private:
    std::string host_;
    std::string socket_;
    std::vector<std::string> options_;
};

// Throws Error{usage} that names the host.
void check_host(const std::string& host);

}  // namespace eph
