// The sessions of a round: people who work, each at their time.
#pragma once

#include "tests/chaos/stage.hpp"
#include "tests/integration/support/pty.hpp"

namespace eph::chaos {

class Session {
public:
    Session(Stage& stage, const PlannedSession& plan, int number);

    void start();
    void tick();  // reads its terminal, and notices its end
    bool started() const { return began_ != 0; }
    bool running() const { return began_ != 0 && ended_ == 0; }
    std::int64_t over() const;  // when it was, in ms since 1970: nobody needs its key any more
    pid_t pid() const { return pid_; }
    bool in_terminal() const { return terminal_ != nullptr; }
    void close_window() { terminal_->hang_up(); }
    void signal(int number) const;

    const PlannedSession& plan() const { return plan_; }
    std::string host() const { return "c" + std::to_string(number_); }
    std::string said() const;     // by eph and by its agent
    std::string command() const;  // in one line

private:
    std::vector<std::string> words() const;
    fs::path agent() const { return stage_.host.host_home() / "agents" / host(); }

    Stage& stage_;
    PlannedSession plan_;
    int number_;
    std::int64_t began_ = 0, ended_ = 0;
    pid_t pid_ = -1;
    bool asked_to_end_ = false;
    std::unique_ptr<test::Program> program_;
    mutable std::unique_ptr<test::Pty> terminal_;
};

// The text of an agent.
std::string agent_script(const PlannedSession& session, const std::string& base_url);

}  // namespace eph::chaos
