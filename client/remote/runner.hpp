// The runner, and so the agent, as eph has it: a channel of the connection, or a program of eph's own.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/remote/channel.hpp"
#include "client/remote/child.hpp"
#include "client/remote/transport.hpp"
#include "common/async/signal.hpp"

namespace eph {

class Runner {
public:
    Runner(boost::asio::any_io_executor executor, const Transport& transport, const SessionPlace& place,
           RunnerStdin stdin_is, std::vector<std::string> withheld);

    // True where it is of use to begin long before go(): a shell on the host then waits on its stdin for the word.
    bool may_wait() const { return !is_program_ && stdin_is_ == RunnerStdin::unused; }

    // Until the agent has ended; a program's end is told by SIGCHLD. Throws as Child does.
    Task<void> run();

    void go();  // the keeper is ready. Throws as Child does

    // The exit status once it has ended. Does not wait.
    std::optional<int> ended();
    void signal(int number);  // a channel is closed

private:
    void start_program();
    Task<void> open_channel();
    void say_go();

    boost::asio::any_io_executor executor_;
    const Transport& transport_;
    SessionPlace place_;
    RunnerStdin stdin_is_;
    std::vector<std::string> withheld_;
    bool is_program_;  // a local sh, or an ssh, which knows how to tend a terminal
    bool going_ = false;
    Signal went_;
    std::unique_ptr<Child> program_;
    std::unique_ptr<Channel> channel_;
    Pipe word_;  // the waiting shell's stdin
    std::optional<int> status_;
};

}  // namespace eph
