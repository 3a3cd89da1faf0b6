// eph status, eph stop, eph extend.
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "client/api_client.hpp"
#include "client/commands/commands.hpp"
#include "client/commands/table_text.hpp"
#include "client/terminal/progress.hpp"
#include "common/duration.hpp"
#include "common/text.hpp"
#include "common/wire.hpp"

namespace eph {
namespace {

std::string next_try(const wire::Key& key) {
    if (!key.next_attempt_at || from_millis(*key.next_attempt_at * 1000) <= now()) return "now";
    return "in " + time_left(*key.next_attempt_at);
}

std::string describe(const wire::Key& key) {
    if (key.state != "revoking") return {};
    if (key.attempts == 0) return "being revoked";
    return fmt::format("tried {}x, again {}: {}", key.attempts, next_try(key), key.last_error);
}

std::string account_state(const wire::Account& account) {
    if (account.state == "ready") return "\n";
    return fmt::format(": {}\n", account.problem.empty() ? account.state : printable(account.problem));
}

void print(const wire::Status& status) {
    std::cout << fmt::format("ephd {}, process {}, since {}\n", status.version, status.pid, when(status.started_at));
    std::cout << fmt::format("ledger {}\n", printable(status.ledger));
    for (const std::string& note : status.notes) std::cout << fmt::format("note: {}\n", printable(note));
    if (status.accounts.empty()) std::cout << "no account is loaded: run eph auth setup\n";
    for (const wire::Account& account : status.accounts) {
        std::cout << fmt::format("account {}{} {} (key {}, from {}){}",
                                 account.name.empty() || account.name == "default" ? "" : account.name + ": ",
                                 account.provider, printable(account.project),
                                 account.fingerprint.empty() ? "?" : account.fingerprint, account.source,
                                 account.custom ? " at " + printable(account.base_url) : "") +
                         account_state(account);
    }
    const auto keyless = [](const wire::Session& session) { return session.key.empty(); };
    if (status.keys.empty() && std::none_of(status.sessions.begin(), status.sessions.end(), keyless)) {
        std::cout << "no live keys\n";
        return;
    }
    std::vector<std::vector<std::string>> rows{{"KEY", "STATE", "LEFT", "HOST", "SESSION", ""}};
    for (const wire::Key& key : status.keys) {
        rows.push_back({key.id, key.state, time_left(key.expires_at), key.host.empty() ? "-" : key.host,
                        key.session.empty() ? "-" : key.session, describe(key)});
    }
    for (const wire::Session& session : status.sessions) {
        if (!keyless(session)) continue;
        const bool manual = session.credential == "manual";
        rows.push_back(
            {"-", session.credential, time_left(session.expires_at), session.host, session.id,
             manual ? "a key of your own, which eph cannot revoke" : session.provider + " keeps its key here"});
    }
    std::cout << format_table(rows);
}

Task<int> status(bool json) {
    ApiClient api;
    const ApiAnswer answer = co_await api.call("GET", "/v1/status", "", look_limit);
    if (json) {
        std::cout << wire::pretty(answer.body) << "\n";
    } else {
        print(answer.as<wire::Status>());
    }
    co_return 0;
}

Task<int> stop(std::string reference, bool json) {
    ApiClient api;
    const wire::EndSession wanted;  // g++ 12 frees an aggregate twice that is made in the co_await's own line
    const ApiAnswer answer =
        co_await api.call("DELETE", "/v1/sessions/" + percent_encoded(reference), wire::encode(wanted));
    const auto outcome = answer.as<wire::Revocation>();
    Progress progress;
    if (json) std::cout << wire::pretty(answer.body) << "\n";
    if (outcome.key.id.empty()) {  // a session without a key of ephd's
        if (!json) progress.say(fmt::format("session {} is over", printable(reference, 80)));
        co_return 0;
    }
    if (outcome.confirmed) {
        if (!json)
            progress.say(fmt::format("session {} is over, key {} is revoked", outcome.key.session, outcome.key.id));
        co_return 0;
    }
    progress.warn(
        fmt::format("session {} is over, but key {} is NOT revoked yet: {}; ephd goes on trying, see eph status",
                    outcome.key.session, outcome.key.id, outcome.key.last_error));
    co_return exit_status(Code::provider_refused);
}

Task<int> extend(std::string reference, Duration by, bool json) {
    ApiClient api;
    const wire::ExtendSession wanted{std::chrono::ceil<std::chrono::seconds>(by).count()};
    const ApiAnswer answer =
        co_await api.call("POST", "/v1/sessions/" + percent_encoded(reference) + "/extend", wire::encode(wanted));
    const auto session = answer.as<wire::Session>();
    if (json) std::cout << wire::pretty(answer.body) << "\n";
    if (!json) {
        Progress{}.say(fmt::format("session {} goes on until {}, {} from now", session.id, when(session.expires_at),
                                   time_left(session.expires_at)));
    }
    co_return 0;
}

}  // namespace

int show_status(const Arguments& arguments) { return run_task(status(arguments.has("--json"))); }
int extend_session(const Arguments& arguments) {
    return run_task(extend(arguments.words[0], parse_duration(arguments.words[1]), arguments.has("--json")));
}
int stop_session(const Arguments& arguments) { return run_task(stop(arguments.words[0], arguments.has("--json"))); }

}  // namespace eph
