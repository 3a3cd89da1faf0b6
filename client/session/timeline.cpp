// The events of a session and what follows from each.
#include "client/session/timeline.hpp"

#include <csignal>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "client/agents/agent.hpp"
#include "client/session/lease_client.hpp"
#include "common/duration.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

constexpr int time_is_up = 124;                            // as timeout(1) has it
constexpr Duration ready_limit = std::chrono::minutes{2};  // ssh may ask the person for a password

Transport make_transport(const SessionPlan& plan) {
    return plan.host.empty() ? Transport::local() : Transport::ssh(plan.host);
}

}  // namespace

Timeline::Timeline(boost::asio::io_context& context, SessionPlan plan, Progress& progress)
    : context_(context),
      plan_(std::move(plan)),
      progress_(progress),
      inbox_(context.get_executor()),
      transport_(make_transport(plan_)),
      place_{SessionMark::make()} {}

void Timeline::spawn(Task<void> work) {
    asio::co_spawn(context_, std::move(work), [this](std::exception_ptr thrown) {
        if (!thrown) return;
        Broken broken{Error{Code::internal, "{}", describe(thrown)}};
        inbox_.push(std::move(broken));
    });
}

Task<int> Timeline::run() {
    ApiAnswer answer = co_await api_.call("GET", "/v1/accounts/" + plan_.provider, "", std::chrono::seconds{20});
    begin(wire::decode<wire::Account>(answer.body));
    const auto ready_by = Signal::Clock::now() + ready_limit;
    while (!outcome_) {
        const auto until = believe_at_.value_or(agent_ ? Signal::Clock::time_point::max() : ready_by);
        const auto event = co_await inbox_.next(until);
        if (event) {
            on(*event);
        } else if (believe_at_) {
            check_children();
        } else {
            outcome_ = {
                "not_started", exit_status(Code::timeout),
                Error{Code::timeout, "{} was not ready within {}", plan_.where(), format_duration(ready_limit)}};
        }
    }
    co_await finish();
    report();
    co_return outcome_->status;
}

// The two slow things side by side: the key, and the connection that prepares the host.
void Timeline::begin(const wire::Account& account) {
    spawn(watch_signals());
    progress_.step(plan_.host.empty() ? "making a key" : fmt::format("{}: connecting and making a key", plan_.host));
    wire::StartSession wanted;
    wanted.provider = plan_.provider;
    wanted.host = plan_.where();
    if (plan_.ttl) wanted.ttl_seconds = std::chrono::ceil<std::chrono::seconds>(*plan_.ttl).count();
    spawn(hold_session(api_, std::move(wanted), inbox_));

    PiOptions pi;
    pi.directory = place_.directory();
    pi.provider = plan_.provider;
    pi.model = plan_.model;
    pi.thinking = plan_.thinking;
    pi.task = plan_.task;
    pi.interactive = plan_.interactive;
    if (account.custom) pi.base_url = account.base_url;
    ScriptRequest script{.place = place_, .launch = pi_launch(pi), .agent_path = plan_.agent_path};
    if (plan_.host.empty()) script.login_limit = std::chrono::seconds{0};
    std::string input = keeper_input(script);
    keeper_ = std::make_unique<Child>(context_.get_executor(), transport_.keeper(input), Streams::piped);
    spawn(feed_keeper(std::move(input)));
    spawn(read_keeper());
    spawn(read_keeper_errors());
}

void Timeline::on(const Event& event) {
    std::visit([this](const auto& each) { on(each); }, event);
    if (!outcome_) start_agent_when_ready();
    if (!outcome_) check_children();
}

void Timeline::on(const KeyMade& made) {
    issued_ = made.issued;
    for (const std::string& note : issued_->notes) progress_.warn(printable(note));
    if (!keeper_ready_ && !outcome_)
        progress_.step(fmt::format("{}: key {} made, connecting", plan_.where(), issued_->key.id));
}

void Timeline::on(const KeyFailed& failed) {
    key_error_ = failed.error;
    if (!outcome_) outcome_ = {"not_started", exit_status(failed.error.code()), failed.error};
}

void Timeline::on(const LeaseLost&) {
    if (!agent_) progress_.say("the connection to ephd was lost; taking the session up again");
}

void Timeline::on(const KeeperGone&) { keeper_gone_ = true; }
void Timeline::on(const ChildChanged&) {}  // on(Event) looks at the children after each event
void Timeline::on(const Settled& settled) { settled_ = settled; }

void Timeline::on(const Broken& broken) {
    if (!outcome_) outcome_ = {"not_started", exit_status(broken.error.code()), broken.error};
}

void Timeline::on(const KeeperSaid& said) {
    const KeeperLine& line = said.line;
    if (outcome_) return;
    const std::string where = plan_.host.empty() ? "this machine" : plan_.host;
    switch (line.state) {
        case KeeperLine::State::ready:
            keeper_ready_ = true;
            if (!issued_) progress_.step(fmt::format("{}: connected, making a key", plan_.where()));
            break;
        case KeeperLine::State::armed:
            break;
        case KeeperLine::State::missing: {
            const std::string wanted = plan_.agent_path ? printable(*plan_.agent_path, 200) : std::string{pi_row.name};
            outcome_ = {"not_started", 127, Error{Code::remote_failed, "{} was not found on {}", wanted, where}};
            if (!plan_.agent_path) outcome_->error = Error{*outcome_->error}.hint(std::string{pi_row.install_hint});
            break;
        }
        case KeeperLine::State::not_executable:
            outcome_ = {"not_started", 126,
                        Error{Code::remote_failed, "{} on {} is not executable", printable(line.detail, 200), where}};
            break;
        case KeeperLine::State::error:
            outcome_ = {"not_started", exit_status(Code::remote_failed),
                        Error{Code::remote_failed, "{}: {}", where, printable(line.detail)}};
            break;
    }
}

void Timeline::on(const LeaseSaid& said) {
    const wire::LeaseEvent& event = said.event;
    const Timestamp end = from_millis(event.expires_at * 1000);
    if (event.event == "held") {
        title_.set(fmt::format("eph {}: until {}", plan_.where(), local_clock(end)));
    } else if (event.event == "expiring") {
        title_.set(fmt::format("eph {}: ends at {}, in {}", plan_.where(), local_clock(end), format_left(end - now())));
    } else if (event.event == "over" && !outcome_) {
        const bool deadline = event.reason == "deadline";
        const std::string why = deadline                  ? fmt::format("its time was up at {}", local_clock(end))
                                : event.reason == "asked" ? "it was stopped by eph stop or its key was revoked"
                                : event.reason == "ephd_stopped" ? "ephd was stopped"
                                                                 : printable(event.reason, 200);
        outcome_ = {event.reason, deadline ? time_is_up : 128 + SIGTERM,
                    Error{Code::session_over, "the session on {} has ended: {}", plan_.where(), why}};
    }
}

void Timeline::on(const Signalled& signalled) {
    const int number = signalled.number;
    ++interrupts_;
    // A local agent shares the terminal: Ctrl-C was for it too, and it decides whether to end.
    if (number == SIGINT && agent_ && transport_.is_local() && interrupts_ == 1) return;
    if (outcome_) {
        outcome_->by_signal = true;
        return;
    }
    outcome_ = {number == SIGINT ? "interrupted" : "terminated", 128 + number, std::nullopt};
    outcome_->by_signal = true;
}

void Timeline::start_agent_when_ready() {
    if (agent_ || !issued_ || !keeper_ready_ || outcome_) return;
    spawn(arm_keeper());
    const Timestamp end = from_millis(issued_->key.expires_at * 1000);
    progress_.clear();
    progress_.say(fmt::format("{}: Pi starts with key {}, until {}", plan_.where(), issued_->key.id, local_clock(end)));
    title_.set(fmt::format("eph {}: until {}", plan_.where(), local_clock(end)));
    const bool reads_stdin = !plan_.task && !plan_.interactive;
    const RunnerStdin stdin_is = plan_.interactive ? RunnerStdin::terminal
                                 : reads_stdin     ? RunnerStdin::pipe
                                                   : RunnerStdin::unused;
    agent_ = std::make_unique<Child>(context_.get_executor(), transport_.runner(place_, stdin_is), Streams::inherited);
    progress_.raw(plan_.interactive);
}

// Ctrl-C reaches ssh and eph alike, and ssh may be gone before eph has heard of it: an end that a signal could have
// brought about is believed only after a moment without one.
void Timeline::check_children() {
    constexpr Duration moment = std::chrono::milliseconds{50};
    std::optional<Outcome> said = children_say();
    if (!said) return;
    if (!believe_at_) believe_at_ = Signal::Clock::now() + (said->status >= 128 ? moment : Duration{0});
    if (Signal::Clock::now() >= *believe_at_) outcome_ = std::move(said);
}

std::optional<Timeline::Outcome> Timeline::children_say() {
    if (agent_) {
        if (const auto status = agent_->ended()) return Outcome{"agent_exited", *status, std::nullopt, true};
        if (!keeper_gone_ || !keeper_->ended()) return std::nullopt;
        return Outcome{"connection_lost", 255,
                       Error{Code::remote_failed, "the connection to {} was lost", plan_.where()}};
    }
    if (!keeper_gone_ || !keeper_->ended()) return std::nullopt;
    if (transport_.is_local()) {
        return Outcome{"not_started", exit_status(Code::remote_failed),
                       Error{Code::remote_failed, "the local sh ended before the agent could start"}};
    }
    return Outcome{"not_started", 255,
                   Error{Code::remote_failed, "ssh could not open a session on {}", plan_.host}.hint(
                       "Check with: ssh " + plan_.host + " true")};
}

Task<void> Timeline::watch_signals() {
    asio::signal_set signals{context_, SIGCHLD, SIGTERM};
    for (const int number : {SIGINT, SIGHUP}) {
        struct sigaction inherited {};
        // What was ignored when eph started stays ignored: nohup, a job in the background of a script.
        if (sigaction(number, nullptr, &inherited) == 0 && inherited.sa_handler != SIG_IGN) signals.add(number);
    }
    for (;;) {
        const int number = co_await signals.async_wait(use_awaitable);
        if (number == SIGCHLD) {
            inbox_.push(ChildChanged{});
        } else {
            inbox_.push(Signalled{number});
        }
    }
}

}  // namespace eph
