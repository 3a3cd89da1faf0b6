// Sessions and the audit trail in the ledger, and how rows become structs.
#include <algorithm>
#include <array>

#include <sqlite3.h>

#include "common/error.hpp"
#include "common/text.hpp"
#include "common/wire.hpp"
#include "daemon/ledger/store.hpp"

namespace eph {
namespace {

constexpr std::array<std::string_view, 4> key_states{"creating", "live", "revoking", "revoked"};
constexpr std::array<std::string_view, 2> session_states{"active", "over"};

template <class State, std::size_t count>
State state_of(const std::array<std::string_view, count>& names, std::string_view name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) throw Error{Code::storage, "the ledger holds an unknown state '{}'", printable(name, 40)};
    return static_cast<State>(found - names.begin());
}

std::optional<Timestamp> timestamp(std::optional<std::int64_t> millis) {
    if (!millis) return std::nullopt;
    return from_millis(*millis);
}

}  // namespace

std::string_view name_of(KeyState state) { return key_states[static_cast<std::size_t>(state)]; }
std::string_view name_of(SessionState state) { return session_states[static_cast<std::size_t>(state)]; }
KeyState key_state(std::string_view name) { return state_of<KeyState>(key_states, name); }
SessionState session_state(std::string_view name) { return state_of<SessionState>(session_states, name); }

std::string after_prefix(const std::string& prefix) {
    return prefix + "\xff";  // ids and names are ASCII
}

int Ledger::Store::changes() { return sqlite3_changes(database.handle()); }

std::vector<KeyRow> Ledger::Store::keys(Statement& bound) {
    std::vector<KeyRow> rows;
    while (bound.step()) {
        KeyRow row;
        row.id = KeyId{bound.text(0)};
        row.name = bound.text(1);
        row.state = key_state(bound.text(2));
        row.place = {bound.text(3), bound.text(4), bound.text(5)};
        row.fingerprint = bound.text(6);
        row.label = bound.text(7);
        row.host = bound.text(8);
        row.session = SessionId{bound.text(9)};
        row.created = from_millis(bound.integer(10));
        row.deadline = from_millis(bound.integer(11));
        row.due = timestamp(bound.maybe_integer(12));
        row.service_account_id = bound.text(13);
        row.api_key_id = bound.text(14);
        row.unproven_until = timestamp(bound.maybe_integer(15));
        row.revoked = timestamp(bound.maybe_integer(16));
        row.reason = bound.text(17);
        row.outcome = bound.text(18);
        row.attempts = bound.integer(19);
        row.last_error = bound.text(20);
        row.next_name = bound.text(21);
        row.provider_expiry = timestamp(bound.maybe_integer(22));
        row.expiry_named = bound.integer(23) != 0;
        rows.push_back(std::move(row));
    }
    bound.reset();
    return rows;
}

std::vector<SessionRow> Ledger::Store::sessions(Statement& bound) {
    std::vector<SessionRow> rows;
    while (bound.step()) {
        SessionRow row;
        row.id = SessionId{bound.text(0)};
        row.state = session_state(bound.text(1));
        row.key = KeyId{bound.text(2)};
        row.host = bound.text(3);
        row.provider = bound.text(4);
        row.agent = bound.text(5);
        row.started = from_millis(bound.integer(6));
        row.deadline = from_millis(bound.integer(7));
        row.ended = timestamp(bound.maybe_integer(8));
        row.end_reason = bound.text(9);
        row.exit_status = bound.maybe_integer(10);
        row.credential = bound.text(11);
        if (row.credential == "broker") {
            BrokerRow& broker = row.broker.emplace();
            broker.token_hash = bound.text(12);
            broker.port = bound.integer(13);
            broker.place = {row.provider, bound.text(14), bound.text(15)};
            broker.fingerprint = bound.text(16);
            broker.limits = wire::decode<wire::Limits>(bound.text(17));
            broker.usage = wire::decode<wire::Usage>(bound.text(18));
        }
        rows.push_back(std::move(row));
    }
    bound.reset();
    return rows;
}

std::vector<AuditRow> Ledger::Store::audit(Statement& bound) {
    std::vector<AuditRow> rows;
    while (bound.step()) {
        rows.push_back({bound.integer(0), from_millis(bound.integer(1)), bound.text(2), bound.text(3),
                        KeyId{bound.text(4)}, SessionId{bound.text(5)}, bound.text(6), bound.text(7)});
    }
    bound.reset();
    return rows;
}

void Ledger::Store::insert(const SessionRow& session, const std::string& actor) {
    const BrokerRow broker = session.broker.value_or(BrokerRow{});
    insert_session.run(session.id.text(), session.credential, session.key.text(), session.host, session.provider,
                       session.agent, to_millis(session.started), to_millis(session.deadline), broker.token_hash,
                       broker.port, broker.place.project, broker.place.base_url, broker.fingerprint,
                       wire::encode(broker.limits));
    note(session, actor, "session_started", session.agent + " via " + session.credential);
}

void Ledger::Store::insert(const KeyRow& key, Timestamp due) {
    insert_key.run(key.id.text(), key.name, key.place.provider, key.place.project, key.place.base_url, key.fingerprint,
                   key.label, key.host, key.session.text(), to_millis(key.created), to_millis(key.deadline),
                   to_millis(due));
}

void Ledger::Store::make_live(const KeyRow& key) {
    std::optional<std::int64_t> expiry;
    if (key.provider_expiry) expiry = to_millis(*key.provider_expiry);
    mark_live.run(key.service_account_id, key.api_key_id, expiry, key.expiry_named ? 1 : 0, key.id.text());
    if (changes() != 1) throw Error{Code::internal, "key {} is no longer being created", key.id.text()};
    note(key.id, "ephd", "live", "");
}

bool Ledger::Store::make_revoking(const KeyId& key, const std::string& reason, Timestamp due,
                                  const std::string& actor) {
    mark_revoking.run(to_millis(due), reason, key.text());
    if (changes() == 0) return false;
    note(key, actor, "revoking", reason);
    return true;
}

bool Ledger::Store::make_lost(const KeyId& key, const std::string& why, Timestamp due, Timestamp unproven_until,
                              const std::string& actor) {
    mark_lost.run(to_millis(due), to_millis(unproven_until), why, key.text());
    if (changes() == 0) return false;
    note(key, actor, "answer_lost", why);
    return true;
}

std::optional<Timestamp> Ledger::Store::moment(Statement& bound) {
    std::optional<Timestamp> at;
    if (bound.step()) at = timestamp(bound.maybe_integer(0));
    bound.reset();
    return at;
}

void Ledger::Store::note(const AuditRow& row) {
    insert_audit.run(to_millis(now()), row.actor, row.event, row.key.text(), row.session.text(), row.host, row.detail);
    if (on_note) on_note();
}

void Ledger::Store::note(const SessionRow& session, const std::string& actor, const char* event,
                         const std::string& detail) {
    note(AuditRow{.seq = 0,
                  .at = {},
                  .actor = actor,
                  .event = event,
                  .key = session.key,
                  .session = session.id,
                  .host = session.host,
                  .detail = detail});
}

void Ledger::Store::note(const KeyId& key, const std::string& actor, const char* event, const std::string& detail) {
    insert_audit_of_key.run(to_millis(now()), actor, event, detail, key.text());
    if (on_note) on_note();
}

void Ledger::Store::note(const KeyRow& key, const std::string& actor, const char* event, const std::string& detail) {
    AuditRow row;
    row.actor = actor;
    row.event = event;
    row.key = key.id;
    row.session = key.session;
    row.host = key.host;
    row.detail = detail;
    note(row);
}

void Ledger::start_without_key(const SessionRow& session, const std::string& actor) {
    const FlushAtCommit at_commit{store_->database};
    Transaction transaction{store_->database};
    store_->insert(session, actor);
    transaction.commit();
}

void Ledger::session_over(const SessionId& session, const std::string& reason, std::optional<std::int64_t> exit_status,
                          const std::string& actor) {
    Transaction transaction{store_->database};
    store_->end_session.run(to_millis(now()), reason, exit_status, session.text());
    if (store_->changes() == 0) return;
    for (const SessionRow& row : store_->sessions(store_->session_by_id.bind(session.text()))) {
        store_->make_revoking(row.key, reason, now(), actor);
        store_->note(row, actor, "session_over", reason);
    }
    transaction.commit();
}

void Ledger::used(const std::vector<std::pair<SessionId, wire::Usage>>& usages) {
    Transaction transaction{store_->database};
    for (const auto& [session, usage] : usages) store_->put_counts.run(session.text(), wire::encode(usage));
    transaction.commit();
}

std::optional<SessionRow> Ledger::session(const SessionId& id) {
    std::vector<SessionRow> rows = store_->sessions(store_->session_by_id.bind(id.text()));
    if (rows.empty()) return std::nullopt;
    return std::move(rows.front());
}

std::optional<SessionRow> Ledger::find_session(const std::string& reference) {
    if (!is_id_text(reference)) return std::nullopt;
    std::vector<SessionRow> found = store_->sessions(store_->sessions_like.bind(reference, after_prefix(reference)));
    const auto exact =
        std::find_if(found.begin(), found.end(), [&](const SessionRow& row) { return row.id.text() == reference; });
    if (exact != found.end()) return *exact;
    if (found.size() > 1) std::erase_if(found, [](const SessionRow& row) { return row.state == SessionState::over; });
    if (found.size() > 1) {
        throw Error{Code::ambiguous,    "'{}' fits {} sessions: {}, {}{}", reference, found.size(), found[0].id.text(),
                    found[1].id.text(), found.size() > 2 ? ", ..." : ""}
            .hint("Give more of the id.");
    }
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

std::vector<SessionRow> Ledger::active_sessions() { return store_->sessions(store_->sessions_active.bind()); }

std::vector<SessionRow> Ledger::recent_sessions(std::size_t limit) {
    return store_->sessions(store_->sessions_recent.bind(static_cast<std::int64_t>(limit)));
}

void Ledger::note(const AuditRow& row) { store_->note(row); }

std::vector<AuditRow> Ledger::audit(std::int64_t after, std::size_t limit) {
    return store_->audit(store_->audit_after.bind(after, static_cast<std::int64_t>(limit)));
}

std::vector<AuditRow> Ledger::last_of_audit(std::size_t limit) {
    return store_->audit(store_->audit_last.bind(static_cast<std::int64_t>(limit)));
}

void Ledger::on_note(std::function<void()> told) {
    on_note_ = std::move(told);
    store_->on_note = on_note_;
}

}  // namespace eph
