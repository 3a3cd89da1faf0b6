// eph sessions: all of late in a table, or one with everything that is known of it.
#include <iostream>

#include "client/api_client.hpp"
#include "client/commands/commands.hpp"
#include "client/commands/table_text.hpp"
#include "client/session/usage_text.hpp"
#include "common/text.hpp"
#include "common/wire.hpp"

namespace eph {
namespace {

std::string end_of(const wire::Session& session) {
    return session.exit_status ? fmt::format("{} ({})", session.end_reason, *session.exit_status) : session.end_reason;
}

// How the agent got to its provider: with the key, through the broker, or with the person's own key.
std::string credential_of(const wire::Session& session) {
    const std::string key = session.key.empty() ? "" : fmt::format("{} {}", session.key, session.key_state);
    if (session.credential == "key") return key;
    return key.empty() ? session.credential : fmt::format("{}, {}", session.credential, key);
}

void print_all(const wire::SessionList& list) {
    std::vector<std::vector<std::string>> rows{
        {"SESSION", "STATE", "HOST", "AGENT", "STARTED", "LEFT", "KEY", "USED", "END"}};
    for (const wire::Session& each : list.sessions) {
        rows.push_back({each.id, each.state, each.host, each.agent, when(each.started_at),
                        each.state == "active" ? time_left(each.expires_at) : "-", credential_of(each),
                        each.usage ? brief_usage(*each.usage) : "-", end_of(each)});
    }
    std::cout << (list.sessions.empty() ? "no sessions\n" : format_table(rows));
}

void print_one(const wire::Session& session) {
    const auto line = [](std::string_view name, std::string_view what) {
        if (!what.empty()) std::cout << fmt::format("{:<9} {}\n", name, printable(what, 1000));
    };
    line("session", fmt::format("{}, {}", session.id, session.state));
    line("host", session.host);
    line("agent", fmt::format("{} with {}", session.agent, session.provider));
    line("key", credential_of(session));
    line("started", when(session.started_at));
    if (session.ended_at) {
        line("ended", fmt::format("{}, {}", when(*session.ended_at), end_of(session)));
    } else {
        line("until", fmt::format("{}, {} from now", when(session.expires_at), time_left(session.expires_at)));
    }
    if (session.limits) line("at most", limits_text(*session.limits));
    if (!session.usage) return;
    std::string_view name = "used";
    for (const std::string& each : usage_lines(*session.usage)) {
        line(name, each);
        name = "";
    }
}

Task<int> sessions(std::string reference, bool json) {
    ApiClient api;
    const std::string target = reference.empty() ? "" : "/" + percent_encoded(reference);
    const ApiAnswer answer = co_await api.call("GET", "/v1/sessions" + target, "", look_limit);
    if (json) {
        std::cout << wire::pretty(answer.body) << "\n";
    } else if (reference.empty()) {
        print_all(answer.as<wire::SessionList>());
    } else {
        print_one(answer.as<wire::Session>());
    }
    co_return 0;
}

}  // namespace

int list_sessions(const Arguments& arguments) {
    return run_task(sessions(arguments.words.empty() ? "" : arguments.words[0], arguments.has("--json")));
}

}  // namespace eph
