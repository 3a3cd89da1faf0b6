// The events of a session and what follows from each.
#include <csignal>

#include "client/session/host_status.hpp"
#include "client/session/timeline.hpp"
#include "client/session/told_end.hpp"
#include "common/duration.hpp"
#include "common/text.hpp"

namespace eph {

void Timeline::on(const Event& event) {
    std::visit([this](const auto& each) { on(each); }, event);
    if (!outcome_) start_agent_when_ready();
    if (!outcome_) check_children();
}

void Timeline::on(const KeyMade& made) {
    issued_ = made.issued;
    ends_at_ = from_millis(issued_->session.expires_at * 1000);
    for (const std::string& note : issued_->notes) progress_.warn(printable(note));
    if (keeper_ready_ || outcome_ || credential_ == Credential::manual) return;
    progress_.step(brokered() ? fmt::format("{}: the broker is open, connecting", plan_.where())
                              : fmt::format("{}: key {} made, connecting", plan_.where(), issued_->key.id));
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
    keeper_spoke_ = true;
    if (outcome_) return;
    const std::string where = plan_.host.empty() ? "this machine" : plan_.host;
    switch (line.state) {
        case KeeperLine::State::ready:
            keeper_ready_ = true;
            if (!issued_ && credential_ != Credential::manual)
                progress_.step(fmt::format("{}: connected, {}", plan_.where(),
                                           brokered() ? "opening the broker" : "making a key"));
            break;
        case KeeperLine::State::armed:
            break;
        case KeeperLine::State::missing:
            outcome_ = {
                "not_started", 127,
                Error{Code::remote_failed, "{} was not found on {}", launch_.sought, where}.hint(launch_.install_hint)};
            break;
        case KeeperLine::State::not_executable:
            outcome_ = {
                "not_started", 126,
                Error{Code::remote_failed, "{} on {} is not executable", printable(line.detail, 200), where}.hint(
                    "Make it so with chmod +x, or name another one.")};
            break;
        case KeeperLine::State::error:
            outcome_ = {"not_started", exit_status(Code::remote_failed),
                        Error{Code::remote_failed, "{}: {}", where, printable(line.detail)}};
            break;
    }
}

void Timeline::on(const LeaseSaid& said) {
    const wire::LeaseEvent& event = said.event;
    if (event.event == "over") {
        if (!outcome_) on_over(event);
        return;
    }
    if (event.event == "credential_refused") return on_credential_refused();
    ends_at_ = from_millis(event.expires_at * 1000);
    const std::string until = local_clock(ends_at_);
    title_.set(event.event == "expiring"
                   ? fmt::format("eph {}: ends at {}, in {}", plan_.where(), until, format_left(ends_at_ - now()))
                   : fmt::format("eph {}: until {}", plan_.where(), until));
    if (event.event == "extended" && !agent_ && !outcome_)
        progress_.say(fmt::format("{}: the session is extended, until {}", plan_.where(), until));
    if (agent_) tell_time_left();
}

void Timeline::on_over(const wire::LeaseEvent& event) {
    const ToldEnd end = told_end(event.reason, ends_at_);
    outcome_ = {event.reason, end.status,
                Error{Code::session_over, "the session on {} has ended: {}", plan_.where(), end.why}};
    if (!agent_ || !launch_.shows_status) return;
    tell_host(Secret{over_line(plan_.where(), end.why)});
    notice_due_ = true;
}

// Behind the key's line; what no agent reads is not sent.
void Timeline::tell_time_left() {
    if (launch_.shows_status) tell_host(Secret{live_line(plan_.where(), ends_at_ - now())});
}

void Timeline::on(const Signalled& signalled) {
    const int number = signalled.number;
    ++interrupts_;
    const bool typed = number == SIGINT || number == SIGQUIT;
    // A local agent shares the terminal: Ctrl-C and Ctrl-\ were for it too, and it decides whether to end.
    if (typed && agent_ && transport_.is_local() && interrupts_ == 1) return;
    if (outcome_) {
        outcome_->by_signal = true;
        return;
    }
    outcome_ = {typed ? "interrupted" : "terminated", 128 + number, std::nullopt};
    outcome_->by_signal = true;
}

}  // namespace eph
