// Rows to documents: ids as text, moments as Unix seconds, provider texts already cleaned.
#include "daemon/api/views.hpp"

#include "common/text.hpp"

namespace eph {
namespace {

std::int64_t seconds(Timestamp moment) {
    return std::chrono::floor<std::chrono::seconds>(moment).time_since_epoch().count();
}

std::optional<std::int64_t> seconds(const std::optional<Timestamp>& moment) {
    if (!moment) return std::nullopt;
    return seconds(*moment);
}

}  // namespace

wire::Key view(const KeyRow& key) {
    wire::Key document;
    document.id = key.id.text();
    document.name = printable(key.name, 200);
    document.state = name_of(key.state);
    document.provider = key.place.provider;
    document.project = key.place.project;
    document.host = key.host;
    document.session = key.session.text();
    document.service_account_id = printable(key.service_account_id, 200);
    document.api_key_id = printable(key.api_key_id, 200);
    document.created_at = seconds(key.created);
    document.expires_at = seconds(key.deadline);
    document.revoked_at = seconds(key.revoked);
    document.reason = key.reason;
    document.outcome = key.outcome;
    document.attempts = key.attempts;
    if (key.state == KeyState::revoking) document.next_attempt_at = seconds(key.due);
    document.last_error = printable(key.last_error);
    document.foreign = key.id.empty();
    return document;
}

wire::Session view(const SessionRow& session, const std::optional<KeyRow>& key) {
    wire::Session document;
    document.id = session.id.text();
    document.state = name_of(session.state);
    document.host = session.host;
    document.provider = session.provider;
    document.agent = session.agent;
    document.credential = session.credential;
    document.key = session.key.text();
    if (key) document.key_state = name_of(key->state);
    document.started_at = seconds(session.started);
    document.expires_at = seconds(session.deadline);
    document.ended_at = seconds(session.ended);
    document.end_reason = session.end_reason;
    document.exit_status = session.exit_status;
    if (session.broker) {
        document.limits = session.broker->limits;
        document.usage = session.broker->usage;
    }
    return document;
}

wire::AuditEntry view(const AuditRow& row) {
    return {row.seq,        seconds(row.at),    row.actor, row.event,
            row.key.text(), row.session.text(), row.host,  printable(row.detail)};
}

}  // namespace eph
