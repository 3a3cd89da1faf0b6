// One session from start to end: key and connection side by side, the agent, and that nothing is left afterwards.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "client/api_client.hpp"
#include "client/remote/child.hpp"
#include "client/remote/transport.hpp"
#include "client/session/inbox.hpp"
#include "client/terminal/progress.hpp"
#include "client/terminal/terminal.hpp"

namespace eph {

struct SessionPlan {
    std::string host;  // "" for --local
    std::string provider = "openai";
    std::optional<Duration> ttl;
    std::optional<std::string> model;
    std::optional<std::string> thinking;
    std::optional<std::string> agent_path;
    std::optional<std::string> task;
    bool interactive = false;  // the agent gets the terminal

    std::string where() const { return host.empty() ? "local" : host; }
};

class Timeline {
public:
    Timeline(boost::asio::io_context& context, SessionPlan plan, Progress& progress);

    // The exit status for eph. Throws Error for what failed before anything was begun.
    Task<int> run();

private:
    struct Outcome {
        std::string reason;  // for the ledger
        int status;
        std::optional<Error> error;
        bool from_agent = false;
        bool by_signal = false;
    };

    void begin(const wire::Account& account);
    void on(const Event& event);
    void on(const KeyMade& made);
    void on(const KeyFailed& failed);
    void on(const LeaseSaid& said);
    void on(const LeaseLost&);
    void on(const KeeperSaid& said);
    void on(const KeeperGone&);
    void on(const ChildChanged&);
    void on(const Signalled& signalled);
    void on(const Settled& settled);
    void on(const Broken& broken);
    void start_agent_when_ready();
    void check_children();
    std::optional<Outcome> children_say();
    Task<void> finish();
    Task<void> wait_for_the_key();
    Task<void> wait_for_the_end();
    void report();
    void report_revocation();

    Task<void> watch_signals();
    Task<void> feed_keeper(std::string input);
    Task<void> arm_keeper();
    Task<void> read_keeper();
    Task<void> read_keeper_errors();
    Task<void> end_session();
    void spawn(Task<void> work);

    boost::asio::io_context& context_;
    SessionPlan plan_;
    Progress& progress_;
    SavedTerminal saved_;
    Title title_;
    ApiClient api_;
    Inbox inbox_;
    Transport transport_;
    SessionPlace place_;
    std::unique_ptr<Child> keeper_;
    std::unique_ptr<Child> agent_;
    std::optional<wire::Issued> issued_;
    std::optional<Error> key_error_;
    std::optional<Settled> settled_;
    std::optional<Outcome> outcome_;
    std::vector<std::string> ssh_said_;
    bool keeper_ready_ = false;
    bool keeper_gone_ = false;
    std::optional<Signal::Clock::time_point> believe_at_;  // when what the children say is believed
    int interrupts_ = 0;
};

}  // namespace eph
