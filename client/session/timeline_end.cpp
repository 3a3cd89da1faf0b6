// The end of a session: revoked, cleaned up, and said in plain words.
#include <algorithm>
#include <csignal>

#include "client/session/timeline.hpp"
#include "common/providers.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

constexpr Duration notice_time = std::chrono::milliseconds{1500};  // for Pi's screen to say why it is over
constexpr Duration key_patience = std::chrono::seconds{5};         // for a key that is still being made
constexpr Duration host_patience = std::chrono::seconds{5};        // for the keeper to clean up
constexpr Duration kill_patience = std::chrono::seconds{2};        // between TERM and KILL
constexpr Duration term_pause = std::chrono::milliseconds{100};    // between TERMs for an ssh that is still connecting
constexpr Duration revoke_patience = std::chrono::seconds{20};     // for the provider's confirmation

}  // namespace

Task<void> Timeline::show_notice() {
    const auto until = Signal::Clock::now() + notice_time;
    while (!agent_->ended() && !keeper_gone_ && !outcome_->by_signal) {
        const auto event = co_await inbox_.next(until);
        if (!event) co_return;
        on(*event);
    }
}

Task<void> Timeline::finish() {
    boost::system::error_code ignored;
    if (keeper_) keeper_->input().close(ignored);  // the sentinel on the host ends the agent and cleans up
    if (runner_) runner_->signal(SIGTERM);         // it waits for nothing any more
    // Before there is a connection, ssh may be asking the person for a password.
    gave_up_connecting_ = keeper_ && !keeper_spoke_ && !connected_ && !transport_.is_local();
    if (gave_up_connecting_) keeper_->signal(SIGTERM);
    if (!issued_ && !key_error_ && !outcome_->by_signal) co_await wait_for_the_key();
    co_await wait_for_the_end();
    progress_.raw(false);
    const bool whole = outcome_->from_agent && (outcome_->status == 0 || !launch_.agent.screen);
    if (plan_.interactive && agent_ && !whole) reset_screen();
    saved_.restore();
}

// So that the person hears that it is gone. ephd revokes it in any case once this client's lease is closed.
Task<void> Timeline::wait_for_the_key() {
    const auto until = Signal::Clock::now() + key_patience;
    while (!issued_ && !key_error_ && !outcome_->by_signal) {
        const auto event = co_await inbox_.next(until);
        if (!event) co_return;
        on(*event);
    }
}

// The answer with the key may come while eph is leaving already.
void Timeline::ask_for_the_end() {
    if (!issued_ || asked_for_end_) return;
    asked_for_end_ = true;
    wipe(issued_->secret);
    spawn(end_session());
}

Task<void> Timeline::wait_for_the_end() {
    const auto began = Signal::Clock::now();
    auto next_step = began + host_patience;
    int signal = SIGTERM;
    const int interrupts_before = interrupts_;
    for (;;) {
        ask_for_the_end();
        const bool host_done = (!keeper_ || keeper_->ended()) && (!agent_ || agent_->ended());
        const bool key_done =
            !issued_ || settled_ || interrupts_ > interrupts_before || Signal::Clock::now() >= began + revoke_patience;
        if (host_done && key_done) co_return;
        auto until = host_done ? began + revoke_patience : next_step;
        if (!host_done && gave_up_connecting_) until = std::min(until, Signal::Clock::now() + term_pause);
        const auto event = co_await inbox_.next(until);
        if (event) {
            on(*event);
        } else if (!host_done && until < next_step) {
            keeper_->signal(SIGTERM);  // ssh overlooks one that comes just before it waits for the network
        } else if (!host_done) {
            if (agent_) agent_->signal(signal);
            if (keeper_) keeper_->signal(signal);
            if (signal == SIGTERM)
                progress_.warn(fmt::format(
                    "{} does not answer; what is left there goes when its connection is found dead", plan_.where()));
            signal = SIGKILL;
            next_step = Signal::Clock::now() + kill_patience;
        }
    }
}

Error Timeline::connection_lost() const {
    return Error{Code::remote_failed, "the connection to {} was lost", plan_.where()}.hint(
        "What ran there is ended as soon as the host finds out; begin a new session to go on.");
}

void Timeline::report() {
    progress_.clear();
    const bool lost = outcome_->from_agent && outcome_->status == 255 && keeper_ && keeper_->ended().value_or(0) != 0 &&
                      !transport_.is_local();
    if (lost) outcome_->error = connection_lost();
    if (!agent_ || lost) {
        for (const std::string& line : ssh_said_) progress_.relay(line);
    }
    report_agent();
    if (brokered()) report_usage();
    if (credential_ == Credential::manual) {
        report_manual_key();
    } else if (issued_ && issued_->key.id.empty()) {
        report_token();
    } else {
        report_revocation();
    }
}

void Timeline::report_agent() {
    const std::string& name = launch_.agent.name;
    if (outcome_->error) {
        progress_.fail(*outcome_->error);
    } else if (!outcome_->from_agent) {
        progress_.say(fmt::format("{}: {}", plan_.where(), outcome_->reason));
    } else if (outcome_->status == 0) {
        progress_.say(fmt::format("{}: {} has ended", plan_.where(), name));
    } else if (outcome_->status == 255 && !transport_.is_local()) {  // what ssh makes of every signal
        progress_.say(fmt::format("{}: {} has ended with status 255, or by a signal there", plan_.where(), name));
    } else {
        progress_.say(fmt::format("{}: {} has ended with status {}", plan_.where(), name, outcome_->status));
    }
}

void Timeline::report_manual_key() {
    if (!agent_) return;  // it never left eph
    const ProviderRow& provider = provider_row(plan_.provider);
    progress_.warn(
        fmt::format("your {} key is NOT revoked, eph cannot do that: if {} should not keep it, revoke it {}",
                    provider.title, plan_.host.empty() ? "this machine" : plan_.host,
                    provider.keys_at.empty() ? "where you made it" : fmt::format("at {}", provider.keys_at)));
}

void Timeline::report_revocation() {
    if (!issued_) {
        const bool makes_keys = !brokered() || account_.makes_keys;
        if (!key_error_ && makes_keys)
            progress_.say("a key that was being made is revoked by ephd as soon as it is there");
        return;
    }
    const std::string& id = issued_->key.id;
    if (settled_ && settled_->revocation && settled_->revocation->confirmed) {
        progress_.say(fmt::format("key {} is revoked", id));
        return;
    }
    std::string why = "the provider has not confirmed it yet";
    if (settled_ && settled_->error) why = settled_->error->message();
    if (settled_ && settled_->revocation && !settled_->revocation->key.last_error.empty())
        why = settled_->revocation->key.last_error;
    progress_.warn(fmt::format("key {} is NOT revoked yet: {}", id, printable(why)));
    progress_.say(fmt::format("ephd goes on trying until it is; the key's own end is at {}. See: eph status",
                              local_clock(ends_at_)));
}

}  // namespace eph
