// Like the timeline (timeline.cpp), with a broker and nothing else in it.
#include "client/session/serving.hpp"

#include <csignal>
#include <iostream>

#include <boost/asio/co_spawn.hpp>
#include <nlohmann/json.hpp>

#include "client/remote/script.hpp"
#include "client/session/credential.hpp"
#include "client/session/lease_client.hpp"
#include "client/session/signals.hpp"
#include "client/session/told_end.hpp"
#include "client/session/usage_text.hpp"
#include "client/terminal/terminal.hpp"
#include "common/secret.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

std::string base_url_of(const wire::Endpoint& broker) {
    return fmt::format("http://127.0.0.1:{}{}", broker.port, broker.base_path);
}

}  // namespace

Task<int> Serving::run() {
    const ApiAnswer answer = co_await api_.call("GET", "/v1/accounts/" + plan_.provider);
    account_ = answer.as<wire::Account>();
    wire::StartSession wanted;
    wanted.provider = account_.provider;
    wanted.host = "local";
    wanted.agent = "broker";
    wanted.credential = name_of(Credential::broker);
    wanted.endpoint = "port";
    wanted.limits = plan_.limits;
    if (plan_.ttl) wanted.ttl_seconds = std::chrono::ceil<std::chrono::seconds>(*plan_.ttl).count();
    spawn(watch_signals(inbox_));
    spawn(hold_session(api_, std::move(wanted), inbox_));
    while (!status_) {
        const std::optional<Event> event = co_await inbox_.next();
        std::visit([this](const auto& each) { on(each); }, *event);
    }
    if (!session_.empty()) co_await finish();
    if (failure_) progress_.fail(*failure_);
    co_return *status_;
}

void Serving::spawn(Task<void> work) {
    asio::co_spawn(context_, std::move(work), [this](std::exception_ptr thrown) {
        if (!thrown) return;
        Broken broken{Error{Code::internal, "{}", describe(thrown)}};
        inbox_.push(std::move(broken));
    });
}

void Serving::on(const KeyMade& made) {
    session_ = made.issued.session.id;
    ends_at_ = from_millis(made.issued.session.expires_at * 1000);
    for (const std::string& note : made.issued.notes) progress_.warn(printable(note));
    if (!made.issued.broker || made.issued.broker->port == 0) {
        failure_ = Error{Code::internal, "ephd opened no port for the session {}", session_}.hint(
            "Compare eph --version with ephd --version.");
        status_ = exit_status(failure_->code());
        return;
    }
    show(made.issued);
    if (!stdout_is_whole()) {
        reason_ = "interrupted";
        status_ = 128 + SIGPIPE;
    }
}

void Serving::on(const KeyFailed& failed) {
    failure_ = failed.error;
    status_ = exit_status(failed.error.code());
}

void Serving::on(const LeaseSaid& said) {
    const wire::LeaseEvent& event = said.event;
    if (event.event == "credential_refused") {
        progress_.warn(credential_warning(account_));
        return;
    }
    if (event.event == "over") {
        const ToldEnd end = told_end(event.reason, ends_at_);
        failure_ = Error{Code::session_over, "the session {} has ended: {}", session_, end.why};
        reason_ = event.reason;
        status_ = end.status;
        return;
    }
    ends_at_ = from_millis(event.expires_at * 1000);
    if (event.event == "expiring" || event.event == "extended")
        progress_.say(fmt::format("the session {} goes on until {}", session_, local_clock(ends_at_)));
}

void Serving::on(const LeaseLost&) { progress_.say("the connection to ephd was lost; taking the session up again"); }

void Serving::on(const Signalled& signalled) {
    const bool typed = signalled.number == SIGINT || signalled.number == SIGQUIT;
    reason_ = typed ? "interrupted" : "terminated";
    status_ = 128 + signalled.number;
}

void Serving::on(const Broken& broken) {
    failure_ = broken.error;
    reason_ = "broken";
    status_ = exit_status(broken.error.code());
}

// The token goes to stdout alone, all else to stderr.
void Serving::show(const wire::Issued& issued) {
    const std::string base_url = base_url_of(*issued.broker);
    if (plan_.json) {
        nlohmann::ordered_json line = {{"base_url", base_url},
                                       {"token", issued.secret},
                                       {"session", session_},
                                       {"expires_at", issued.session.expires_at}};
        std::cout << line.dump() << std::endl;
        return;
    }
    const ProviderRow* row = find_provider(account_.provider);
    std::cout << fmt::format("base URL  {}\ntoken     {}\n\n", base_url, issued.secret);
    if (row != nullptr && !row->base_variable.empty())
        std::cout << fmt::format("export {}={}\n", row->base_variable, shell_quote(base_url));
    std::cout << fmt::format("export {}={}\n", account_.key_variable, shell_quote(issued.secret));
    std::cout.flush();
    const std::string limits = limits_text(plan_.limits);
    progress_.say(fmt::format("{} through the broker until {}{}{}; session {}, Ctrl-C ends it", account_.title,
                              local_clock(ends_at_), limits.empty() ? "" : ", at most ", limits, session_));
}

// Whoever ended it: what was used is asked for, and said.
Task<void> Serving::finish() {
    progress_.clear();
    try {
        wire::EndSession wanted;
        wanted.reason = reason_;
        const ApiAnswer answer =
            co_await api_.call("DELETE", "/v1/sessions/" + session_, wire::encode(wanted), std::chrono::seconds{30});
        const auto outcome = answer.as<wire::Revocation>();
        if (outcome.session && outcome.session->usage) {
            for (const std::string& line : usage_lines(*outcome.session->usage)) progress_.say(line);
        }
        if (outcome.key.id.empty()) co_return;
        if (outcome.confirmed) {
            progress_.say(fmt::format("key {} is revoked", outcome.key.id));
        } else {
            progress_.warn(fmt::format("key {} is NOT revoked yet: {}; ephd goes on trying, see eph status",
                                       outcome.key.id, printable(outcome.key.last_error)));
        }
    } catch (const Error& error) {
        progress_.warn(fmt::format("ephd has not confirmed the session's end: {}", error.message()));
    }
}

}  // namespace eph
