// The course of a session: how it begins, when the agent starts, and what its children say.
#include "client/session/timeline.hpp"

#include <csignal>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>

#include "client/session/lease_client.hpp"
#include "client/session/signals.hpp"
#include "common/duration.hpp"
#include "common/providers.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

constexpr Duration ready_limit = std::chrono::minutes{2};  // ssh may ask the person for a password

}  // namespace

Timeline::Timeline(boost::asio::io_context& context, SessionPlan plan, Progress& progress)
    : context_(context),
      plan_(std::move(plan)),
      progress_(progress),
      api_(plan_.manual_key ? std::string_view{"openai"} : plan_.provider),  // the person's own key concerns ephd not
      inbox_(context.get_executor()),
      transport_(Transport::local()),
      place_{SessionMark::make()},
      outbox_filled_(context.get_executor()) {}

void Timeline::spawn(Task<void> work) {
    asio::co_spawn(context_, std::move(work), [this](std::exception_ptr thrown) {
        if (!thrown) return;
        Broken broken{Error{Code::internal, "{}", describe(thrown)}};
        inbox_.push(std::move(broken));
    });
}

// What ephd says of the provider settles which credential the session has, and where the agent finds the provider.
Task<LaunchPlace> Timeline::find_place() {
    LaunchPlace place;
    place.directory = place_.directory();
    place.host = plan_.host;
    place.interactive = plan_.interactive;
    if (plan_.manual_key) {
        credential_ = Credential::manual;
        place.base_url = plan_.base_url;
        co_return place;
    }
    ApiAnswer answer = co_await api_.call("GET", "/v1/accounts/" + plan_.provider);
    account_ = answer.as<wire::Account>();
    credential_ = credential_for(plan_.via, plan_.limits, account_);
    place.key_variable = account_.key_variable;
    place.family = family_named(account_.family);
    if (account_.custom) place.base_url = account_.base_url;
    if (!brokered()) co_return place;
    place.broker = true;
    place.base_url = broker_url(account_);
    real_keys_ = variables_of_keys(account_);
    co_return place;
}

Task<int> Timeline::run() {
    std::optional<SshQuestion> question;
    if (!plan_.host.empty()) question.emplace(context_.get_executor(), plan_.host);
    const LaunchPlace place = co_await find_place();  // while ssh finds its answer
    if (question) transport_ = question->answer();
    begin(place);
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
    if (notice_due_) co_await show_notice();
    co_await finish();
    report();
    co_return outcome_->status;
}

// The two slow things side by side: the key, and the connection that prepares the host.
void Timeline::begin(const LaunchPlace& place) {
    launch_ = plan_.launch(place);
    launch_.through_broker = place.broker;
    launch_.withheld.insert(launch_.withheld.end(), real_keys_.begin(), real_keys_.end());
    ScriptRequest script{.place = place_, .launch = launch_};
    if (plan_.host.empty()) script.login_limit = std::chrono::seconds{0};
    std::string input = keeper_input(script);

    announce();
    spawn(watch_signals(inbox_));
    spawn(hold_session(api_, wanted(), inbox_));

    keeper_ = std::make_unique<Child>(context_.get_executor(), transport_.keeper(input), Streams::piped, real_keys_);
    spawn(feed_keeper(std::move(input)));
    spawn(read_keeper());
    spawn(read_keeper_errors());
    if (transport_.is_local()) return;
    if (agent_stdin() == RunnerStdin::unused) make_runner();
    if (brokered()) spawn(watch_connection());
}

wire::StartSession Timeline::wanted() const {
    wire::StartSession wanted;
    wanted.provider = plan_.provider;
    wanted.host = plan_.where();
    wanted.agent = plan_.agent;
    wanted.credential = name_of(credential_);
    if (brokered()) {
        wanted.endpoint = transport_.is_local() ? "port" : "socket";
        wanted.limits = plan_.limits;
    }
    if (plan_.ttl) wanted.ttl_seconds = std::chrono::ceil<std::chrono::seconds>(*plan_.ttl).count();
    return wanted;
}

void Timeline::announce() {
    if (credential_ == Credential::manual) {
        progress_.warn(fmt::format("eph did not make this key for {} and cannot revoke it: that remains yours to do",
                                   provider_row(plan_.provider).title));
        progress_.step(plan_.host.empty() ? "starting" : fmt::format("{}: connecting", plan_.host));
    } else {
        const std::string_view what = brokered() ? "opening the broker" : "making a key";
        progress_.step(plan_.host.empty() ? std::string{what} : fmt::format("{}: connecting and {}", plan_.host, what));
    }
}

void Timeline::start_agent_when_ready() {
    if (agent_ || !issued_ || outcome_) return;
    const bool port = port_is_there();  // asked for as soon as it can be
    if (!keeper_ready_ || !port) return;
    if (brokered()) tell_host(Secret{fmt::format("port {}\n", port_)});
    tell_host(key_line());
    tell_time_left();
    const std::string until = local_clock(ends_at_);
    const std::string with = credential_ == Credential::manual   ? "with your own key"
                             : credential_ == Credential::broker ? "through the broker"
                                                                 : "with key " + issued_->key.id;
    progress_.clear();
    progress_.say(fmt::format("{}: {} starts {}, until {}", plan_.where(), launch_.agent.name, with, until));
    title_.set(fmt::format("eph {}: until {}", plan_.where(), until));
    if (!runner_) make_runner();
    agent_ = std::move(runner_);
    agent_->go();
    progress_.raw(plan_.interactive);
}

void Timeline::make_runner() {
    runner_ = std::make_unique<Runner>(context_.get_executor(), transport_, place_, agent_stdin(), real_keys_);
    spawn(run_agent(*runner_));
}

Task<void> Timeline::run_agent(Runner& runner) {
    std::optional<Error> failure;
    try {
        co_await runner.run();
    } catch (const Error& error) {
        failure = error;
    }
    if (failure) {
        inbox_.push(Broken{*failure});
    } else {
        inbox_.push(ChildChanged{});
    }
}

RunnerStdin Timeline::agent_stdin() const {
    if (plan_.interactive) return RunnerStdin::terminal;
    return launch_.task ? RunnerStdin::unused : RunnerStdin::pipe;
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
        return Outcome{"connection_lost", 255, connection_lost()};
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

}  // namespace eph
