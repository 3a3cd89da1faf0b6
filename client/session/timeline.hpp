// One session from start to end: key and connection side by side, the agent, and that nothing is left afterwards.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "client/agents/agent.hpp"
#include "client/api_client.hpp"
#include "client/remote/child.hpp"
#include "client/remote/runner.hpp"
#include "client/remote/transport.hpp"
#include "client/session/credential.hpp"
#include "client/session/inbox.hpp"
#include "client/terminal/progress.hpp"
#include "client/terminal/terminal.hpp"

namespace eph {

struct SessionPlan {
    std::string host;  // "" for --local
    std::string provider = "openai";
    std::string agent = "pi";  // as the ledger has it
    std::function<AgentLaunch(const LaunchPlace&)> launch;
    std::optional<Duration> ttl;
    std::optional<Secret> manual_key;     // the person's own: none is made, and none can be revoked
    std::optional<std::string> base_url;  // that goes with it
    Via via = Via::automatic;
    wire::Limits limits;       // of the broker
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

    Task<LaunchPlace> find_place();
    void begin(const LaunchPlace& place);
    wire::StartSession wanted() const;
    void announce();
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
    void on(const Connected&);
    void on(const WayBack& way);
    void on(const NoWayBack& none);
    void on(const Broken& broken);
    void on_credential_refused();
    void warn_of_credential();
    void on_over(const wire::LeaseEvent& event);
    bool port_is_there();
    Task<void> watch_connection();
    Task<void> open_way_back();
    void start_agent_when_ready();
    void make_runner();
    Task<void> run_agent(Runner& runner);
    RunnerStdin agent_stdin() const;
    void tell_host(Secret line);
    void tell_time_left();
    void check_children();
    std::optional<Outcome> children_say();
    Task<void> show_notice();
    Task<void> finish();
    Task<void> wait_for_the_key();
    void ask_for_the_end();
    Task<void> wait_for_the_end();
    Error connection_lost() const;
    void report();
    void report_agent();
    void report_manual_key();
    void report_revocation();
    void report_usage();
    void report_token();

    Task<void> feed_keeper(std::string input);
    Secret key_line();
    bool brokered() const { return credential_ == Credential::broker; }
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
    AgentLaunch launch_;
    std::unique_ptr<Child> keeper_;
    std::unique_ptr<Runner> runner_;  // that waits for its session to be ready
    std::unique_ptr<Runner> agent_;   // that runs, or has ended
    std::deque<Secret> outbox_;       // lines for the keeper, behind its program
    Signal outbox_filled_;
    Credential credential_ = Credential::key;
    wire::Account account_;               // of a session without a key of the person's own
    std::vector<std::string> real_keys_;  // variables in which the agent must not find one
    bool connected_ = false;
    bool asked_for_port_ = false;
    int port_ = 0;                     // of the broker, where the agent runs
    bool credential_refused_ = false;  // by the provider: said when the screen is free
    std::optional<wire::Issued> issued_;
    Timestamp ends_at_{};  // as ephd last said it
    std::optional<Error> key_error_;
    std::optional<Settled> settled_;
    std::optional<Outcome> outcome_;
    std::vector<std::string> ssh_said_;
    bool keeper_spoke_ = false;
    bool keeper_ready_ = false;
    bool keeper_gone_ = false;
    bool asked_for_end_ = false;
    bool gave_up_connecting_ = false;
    bool notice_due_ = false;                              // Pi's screen is to show why the session is over
    std::optional<Signal::Clock::time_point> believe_at_;  // when what the children say is believed
    int interrupts_ = 0;
};

}  // namespace eph
