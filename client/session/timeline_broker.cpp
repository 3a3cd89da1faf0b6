// A session through the broker: the port on the host, which leads back to it, and what was used in the end.
#include "client/remote/file_watch.hpp"
#include "client/session/timeline.hpp"
#include "client/session/usage_text.hpp"
#include "common/async/within.hpp"
#include "common/providers.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

constexpr Duration way_limit = std::chrono::seconds{20};  // for one question and answer on a connection that is there

Error no_way_back(const std::string& host, const std::string& said, bool makes_keys) {
    const std::string_view instead = makes_keys
                                         ? "With --via key the session works there as it is: the host gets a "
                                           "disposable key."
                                         : "With --prompt-key the session works there as it is: the host gets a key of "
                                           "your own.";
    return Error{Code::remote_failed, "{} does not let ssh carry a port back to the broker: {}", host,
                 said.empty() ? "ssh gave no reason" : printable(said)}
        .hint(fmt::format("In sshd's configuration there: AllowTcpForwarding yes or remote, PermitListen with "
                          "127.0.0.1, no DisableForwarding; in authorized_keys: no restrict, no-port-forwarding or "
                          "permitlisten. {}",
                          instead));
}

}  // namespace

// On this machine the broker has a port of its own; on a host it takes one question to ssh.
bool Timeline::port_is_there() {
    if (!brokered() || port_ != 0) return true;
    if (transport_.is_local()) {
        port_ = issued_->broker ? static_cast<int>(issued_->broker->port) : 0;
        return true;
    }
    if (asked_for_port_ || !(connected_ || keeper_ready_)) return false;
    asked_for_port_ = true;
    spawn(open_way_back());
    return false;
}

Task<void> Timeline::watch_connection() {
    std::string socket = transport_.control_socket();
    const bool there = co_await appears(std::move(socket));
    if (there) inbox_.push(Connected{});
}

Task<void> Timeline::open_way_back() {
    std::optional<Error> failure;
    try {
        std::string silence = fmt::format(
            "{} did not answer ssh within 20 s when it was asked for a port that leads back to the broker", plan_.host);
        std::string socket = issued_->broker ? issued_->broker->socket : "";
        Task<PortAnswer> question = ask_for_port(transport_.control_socket(), std::move(socket));
        const PortAnswer said = co_await within(way_limit, std::move(question), std::move(silence));
        if (said.port != 0) {
            inbox_.push(WayBack{said.port});
            co_return;
        }
        failure = no_way_back(plan_.host, said.refusal, account_.makes_keys);
    } catch (const Error& error) {
        failure = error;
    }
    inbox_.push(NoWayBack{*failure});
}

void Timeline::on(const Connected&) { connected_ = true; }

void Timeline::on(const WayBack& way) { port_ = way.port; }

void Timeline::on(const NoWayBack& none) {
    if (!outcome_) outcome_ = {"not_started", exit_status(none.error.code()), none.error};
}

// On an agent's screen it would stand in the middle of something else; there the agent says that it was refused.
void Timeline::on_credential_refused() {
    const bool first = !credential_refused_;
    credential_refused_ = true;
    if (first && !(agent_ && plan_.interactive)) warn_of_credential();
}

void Timeline::warn_of_credential() { progress_.warn(credential_warning(account_)); }

void Timeline::report_usage() {
    if (credential_refused_ && agent_ && plan_.interactive) warn_of_credential();
    const bool told = settled_ && settled_->revocation && settled_->revocation->session;
    const std::optional<wire::Usage> usage = told ? settled_->revocation->session->usage : std::nullopt;
    if (usage) {
        for (const std::string& line : usage_lines(*usage)) progress_.say(line);
    } else if (agent_) {
        progress_.say("ephd did not say what was used; see: eph sessions");
    }
}

// No key was made: what ends with the session is the token.
void Timeline::report_token() {
    if (settled_ && settled_->revocation) {
        progress_.say("the broker has closed: the session's token opens nothing any more");
        return;
    }
    progress_.warn(fmt::format("ephd has not confirmed the session's end: {}",
                               settled_ && settled_->error ? printable(settled_->error->message()) : "no answer yet"));
    progress_.say("its token opens nothing as soon as ephd sees that eph is gone. See: eph status");
}

}  // namespace eph
