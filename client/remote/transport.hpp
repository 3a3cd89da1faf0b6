// How the keeper and the agent are reached: through one ssh connection with two channels, or by a local sh.
#pragma once

#include <string>
#include <vector>

#include "client/remote/channel.hpp"
#include "client/remote/child.hpp"
#include "client/remote/script.hpp"

namespace eph {

// Where ssh puts the control socket of one session: in eph's runtime directory, which is this user's alone.
std::string control_path();

// What the agent's stdin is: eph's terminal, eph's pipe, or nothing of eph's.
enum class RunnerStdin { terminal, pipe, unused };

class Transport {
public:
    static Transport local();

    // `input`: what will be sent to the keeper's stdin first.
    std::vector<std::string> keeper(std::string_view input) const;
    std::vector<std::string> runner(const SessionPlace& place, RunnerStdin stdin_is) const;

    // The same for a channel that eph opens itself: without a terminal. `waits`: for the session's directory, a line on
    // its stdin. `withheld`: variables that are not sent along.
    ChannelRequest channel(const SessionPlace& place, bool waits, const std::vector<std::string>& withheld) const;
    const std::string& control_socket() const { return socket_; }

    bool is_local() const { return host_.empty(); }

private:
    friend class SshQuestion;

    std::string host_;
    std::string socket_;
    std::vector<std::string> options_;
    std::vector<std::string> send_env_;  // patterns of names
    std::vector<std::string> set_env_;   // NAME=value
};

// Asks `ssh -G` what the person's configuration says of a host, which opens no connection: from the moment that it is
// made, so that whoever asks can do something else meanwhile.
class SshQuestion {
public:
    // Throws Error{usage} for a host that ssh would take for an option, and Error{remote_failed} when ssh is missing.
    SshQuestion(boost::asio::any_io_executor executor, std::string host);

    // Waits for the answer, once. Throws Error{remote_failed} when ssh refuses its own configuration.
    Transport answer();

private:
    std::string host_;
    std::string socket_;
    Child ssh_;
};

// Throws Error{usage} that names the host.
void check_host(const std::string& host);

}  // namespace eph
