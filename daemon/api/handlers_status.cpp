// Status, metrics and the audit trail.
#include <unistd.h>

#include <charconv>

#include "common/error.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/views.hpp"

namespace eph {

Task<ApiReply> show_status(Services& services, const ApiRequest& request) {
    wire::Status status;
    status.version = EPH_VERSION;
    status.pid = getpid();
    status.started_at = to_millis(services.started) / 1000;
    status.ledger = services.ledger.file().string();
    if (!request.credential.empty()) {
        try {
            (void)services.accounts.pick("openai", request.credential);
        } catch (const Error& error) {
            status.notes.push_back(error.message());
        }
    }
    for (const AccountRef& account : services.accounts.loaded()) status.accounts.push_back(view(*account));
    for (const std::string& note : services.accounts.notes()) status.notes.push_back(note);
    for (const KeyRow& key : services.ledger.unsettled_keys()) status.keys.push_back(view(key));
    for (const SessionRow& row : services.ledger.active_sessions()) {
        status.sessions.push_back(view(row, services.ledger.key(row.key)));
    }
    ApiReply reply;
    reply.body = wire::encode(status);
    co_return reply;
}

Task<ApiReply> show_metrics(Services& services, const ApiRequest&) {
    std::int64_t live = 0;
    std::int64_t creating = 0;
    std::int64_t revoking = 0;
    std::int64_t retrying = 0;
    for (const KeyRow& key : services.ledger.unsettled_keys()) {
        live += key.state == KeyState::live ? 1 : 0;
        creating += key.state == KeyState::creating ? 1 : 0;
        revoking += key.state == KeyState::revoking ? 1 : 0;
        retrying += key.state == KeyState::revoking && key.attempts > 0 ? 1 : 0;
    }
    ApiReply reply;
    reply.content_type = "text/plain; version=0.0.4";
    reply.body = fmt::format(
        "# HELP eph_keys Keys that are not revoked yet, by state.\n# TYPE eph_keys gauge\n"
        "eph_keys{{state=\"creating\"}} {}\neph_keys{{state=\"live\"}} {}\neph_keys{{state=\"revoking\"}} {}\n"
        "# HELP eph_keys_retrying Keys whose revocation failed at least once and is tried again.\n# TYPE "
        "eph_keys_retrying gauge\n"
        "eph_keys_retrying {}\n"
        "# HELP eph_sessions_active Sessions that hold or await a lease.\n# TYPE eph_sessions_active "
        "gauge\neph_sessions_active {}\n"
        "# HELP process_start_time_seconds Start of ephd.\n# TYPE process_start_time_seconds "
        "gauge\nprocess_start_time_seconds {}\n",
        creating, live, revoking, retrying, services.sessions.active(), to_millis(services.started) / 1000);
    co_return reply;
}

Task<ApiReply> list_events(Services& services, const ApiRequest& request) {
    constexpr std::size_t page = 1000;
    std::int64_t after = 0;
    const std::string given = request.query_value("after");
    if (!given.empty()) {
        const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), after);
        if (error != std::errc{} || end != given.data() + given.size())
            throw Error{Code::usage, "'after' must be a number"};
    }
    wire::AuditList list;
    for (const AuditRow& row : services.ledger.audit(after, page)) list.events.push_back(view(row));
    ApiReply reply;
    reply.body = wire::encode(list);
    co_return reply;
}

}  // namespace eph
