// A session through the broker: the port on the host, which leads back to it, and what was used in the end.
#include "client/session/timeline.hpp"
#include "client/session/usage_text.hpp"
#include "common/async/within.hpp"
#include "common/providers.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

constexpr Duration way_limit = std::chrono::seconds{20};  // for one question and answer on a connection that is there
constexpr std::size_t longest_port = 5;

struct Said {
    std::string answer;
    std::string errors;
};

// ssh answers a port in one line, or complains in a few.
Task<Said> listen_to(Child& ssh) {
    Said said;
    std::string buffer;
    if (auto line = co_await read_line(ssh.output(), buffer)) said.answer = trim(*line);
    if (!said.answer.empty()) co_return said;
    buffer.clear();
    while (auto line = co_await read_line(ssh.errors(), buffer)) {
        said.errors += (said.errors.empty() ? "" : "; ") + std::string{trim(*line)};
    }
    co_return said;
}

int port_in(const std::string& text) {
    const bool number =
        !text.empty() && text.size() <= longest_port && text.find_first_not_of("0123456789") == std::string::npos;
    const int port = number ? std::stoi(text) : 0;
    return port <= 65535 ? port : 0;
}

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
    if (!asked_for_port_) spawn(open_way_back());
    asked_for_port_ = true;
    return false;
}

Task<void> Timeline::open_way_back() {
    std::optional<Error> failure;
    try {
        const std::string socket = issued_->broker ? issued_->broker->socket : "";
        Child ssh{context_.get_executor(), transport_.way_back(socket), Streams::piped, real_keys_};
        const std::string silence = fmt::format(
            "{} did not answer ssh within 20 s when it was asked for a port that leads back to the broker", plan_.host);
        const Said said = co_await within(way_limit, listen_to(ssh), silence);
        if (const int port = port_in(said.answer); port != 0) {
            inbox_.push(WayBack{port});
            co_return;
        }
        failure = no_way_back(plan_.host, said.answer + said.errors, account_.makes_keys);
    } catch (const Error& error) {
        failure = error;
    }
    inbox_.push(NoWayBack{*failure});
}

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
