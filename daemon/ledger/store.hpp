// The ledger's prepared statements. Included only by the sources of ledger/.
#pragma once

#include "daemon/ledger/ledger.hpp"
#include "daemon/ledger/schema.hpp"
#include "daemon/ledger/sqlite.hpp"

namespace eph {

#define EPH_KEY_COLUMNS                                                                                         \
    "id, name, state, provider, project, base_url, fingerprint, label, host, session, created, deadline, due, " \
    "service_account_id, api_key_id, unproven_until, revoked, reason, outcome, attempts, last_error, "          \
    "next_name, provider_expiry, expiry_named"
#define EPH_SESSION_COLUMNS                                                                                    \
    "id, state, coalesce(key, ''), host, provider, agent, started, deadline, ended, end_reason, exit_status, " \
    "credential, token_hash, port, project, base_url, fingerprint, limits, counts"

struct PreparedDatabase : Database {
    explicit PreparedDatabase(const std::string& path) : Database(path) { prepare_schema(*this); }
};

struct Ledger::Store {
    explicit Store(const std::string& path) : database(path) {}

    PreparedDatabase database;

    Statement insert_key{
        database,
        "INSERT INTO keys (id, name, state, provider, project, base_url, fingerprint, label, host, session, "
        "created, deadline, due) VALUES (?, ?, 'creating', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
    Statement mark_live{database,
                        "UPDATE keys SET state = 'live', service_account_id = ?, api_key_id = ?, provider_expiry = ?, "
                        "expiry_named = ?, due = deadline WHERE id = ? AND state = 'creating'"};
    Statement mark_never_made{database,
                              "UPDATE keys SET state = 'revoked', due = NULL, revoked = ?, reason = 'refused', outcome "
                              "= 'never made', last_error = ? "
                              "WHERE id = ? AND state = 'creating'"};
    Statement mark_lost{
        database,
        "UPDATE keys SET state = 'revoking', due = ?, unproven_until = ?, revoked = NULL, outcome = '', "
        "reason = iif(reason = '', 'answer_lost', reason), last_error = ? WHERE id = ?"};
    Statement mark_revoking{database,
                            "UPDATE keys SET state = 'revoking', due = ?, reason = ? WHERE id = ? AND state = 'live'"};
    Statement mark_retry{
        database,
        "UPDATE keys SET due = ?, attempts = attempts + 1, last_error = ? WHERE id = ? AND state = 'revoking'"};
    Statement mark_revoked{database,
                           "UPDATE keys SET state = 'revoked', due = NULL, revoked = ?, outcome = ?, "
                           "reason = iif(reason = '', 'gone_at_provider', reason) WHERE id = ? AND state <> 'revoked'"};
    Statement mark_revived{database,
                           "UPDATE keys SET state = 'revoking', due = ?, revoked = NULL, service_account_id = ? "
                           "WHERE id = ? AND state = 'revoked'"};
    Statement mark_hurried{database, "UPDATE keys SET due = ? WHERE id = ? AND state = 'revoking' AND due > ?"};
    Statement places{database,
                     "SELECT provider, project, base_url FROM keys WHERE due IS NOT NULL UNION "
                     "SELECT provider, project, base_url FROM sessions WHERE state = 'active' AND "
                     "credential = 'broker'"};
    Statement fingerprints{
        database,
        "SELECT fingerprint FROM keys WHERE due IS NOT NULL AND provider = ?1 AND project = ?2 AND base_url = ?3 UNION "
        "SELECT fingerprint FROM sessions WHERE state = 'active' AND credential = 'broker' AND provider = ?1 AND "
        "project = ?2 AND base_url = ?3"};
    Statement mark_no_later{database,
                            "UPDATE keys SET due = iif(due > ?1, ?2, due), unproven_until = min(unproven_until, ?3) "
                            "WHERE state = 'revoking'"};
    Statement mark_due{database,
                       "UPDATE keys SET due = ? WHERE state = 'revoking' AND due > ? AND provider = ? AND project = ? "
                       "AND base_url = ?"};

    Statement mark_renaming{database, "UPDATE keys SET next_name = ? WHERE id = ? AND state = 'live'"};
    Statement mark_not_renamed{database, "UPDATE keys SET next_name = '' WHERE id = ? AND next_name <> ''"};
    Statement mark_renamed{database,
                           "UPDATE keys SET name = next_name, next_name = '' WHERE id = ? AND next_name <> ''"};
    Statement mark_extended{database,
                            "UPDATE keys SET name = iif(next_name = '', name, next_name), next_name = '', "
                            "deadline = ?2, due = ?2, provider_expiry = ?3 WHERE id = ?1 AND state = 'live'"};

    Statement key_by_id{database, "SELECT " EPH_KEY_COLUMNS " FROM keys WHERE id = ?"};
    Statement key_by_name{
        database, "SELECT " EPH_KEY_COLUMNS " FROM keys WHERE name = ?1 OR (next_name <> '' AND next_name = ?1)"};
    Statement keys_like{
        database,
        "SELECT " EPH_KEY_COLUMNS
        " FROM keys WHERE id = ?1 OR name = ?1 OR (next_name <> '' AND next_name = ?1) "
        "OR (service_account_id <> '' AND service_account_id = ?1) OR (api_key_id <> '' AND api_key_id = ?1) "
        "UNION SELECT " EPH_KEY_COLUMNS
        " FROM keys WHERE id >= ?1 AND id < ?2 "
        "UNION SELECT " EPH_KEY_COLUMNS " FROM keys WHERE name >= ?3 AND name < ?4 ORDER BY due DESC LIMIT 50"};
    Statement counts{database,
                     "SELECT state, count(*), sum(attempts > 0) FROM keys WHERE due IS NOT NULL GROUP BY state"};
    Statement keys_unsettled{database, "SELECT " EPH_KEY_COLUMNS " FROM keys WHERE due IS NOT NULL ORDER BY due"};
    Statement keys_recent{database, "SELECT " EPH_KEY_COLUMNS " FROM keys ORDER BY created DESC LIMIT ?"};
    Statement keys_overdue{database, "SELECT " EPH_KEY_COLUMNS
                                     " FROM keys WHERE due IS NOT NULL AND state = ?1 AND due <= ?2 ORDER BY due LIMIT "
                                     "?3"};
    Statement first_end{database,
                        "SELECT min(due) FROM (SELECT min(due) AS due FROM keys WHERE due IS NOT NULL AND state = "
                        "'live' UNION ALL SELECT min(due) FROM keys WHERE due IS NOT NULL AND state = 'creating')"};
    // From one place to the next, by the index alone.
    Statement next_place{database,
                         "SELECT provider, project, base_url FROM keys WHERE state = 'revoking' AND "
                         "(provider, project, base_url) > (?1, ?2, ?3) ORDER BY provider, project, base_url LIMIT 1"};
    Statement keys_revoking{database,
                            "SELECT " EPH_KEY_COLUMNS
                            " FROM keys WHERE state = 'revoking' AND provider = ?1 AND project = ?2 AND base_url = ?3 "
                            "ORDER BY due LIMIT ?4"};

    Statement insert_session{database,
                             "INSERT INTO sessions (id, state, credential, key, host, provider, agent, started, "
                             "deadline, token_hash, port, project, base_url, fingerprint, limits) "
                             "VALUES (?, 'active', ?, nullif(?, ''), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
    Statement put_counts{database, "UPDATE sessions SET counts = ?2 WHERE id = ?1"};
    Statement move_to_key{database, "UPDATE sessions SET key = ?2 WHERE id = ?1 AND state = 'active' AND key = ?3"};
    Statement end_session{database,
                          "UPDATE sessions SET state = 'over', ended = ?, end_reason = ?, exit_status = ? "
                          "WHERE id = ? AND state = 'active'"};
    Statement extend_session{database, "UPDATE sessions SET deadline = ?2 WHERE id = ?1 AND state = 'active'"};
    Statement session_by_id{database, "SELECT " EPH_SESSION_COLUMNS " FROM sessions WHERE id = ?"};
    Statement sessions_like{database,
                            "SELECT " EPH_SESSION_COLUMNS " FROM sessions WHERE id >= ?1 AND id < ?2 LIMIT 50"};
    Statement sessions_active{database,
                              "SELECT " EPH_SESSION_COLUMNS " FROM sessions WHERE state = 'active' ORDER BY started"};
    Statement sessions_recent{database, "SELECT " EPH_SESSION_COLUMNS " FROM sessions ORDER BY started DESC LIMIT ?"};

    Statement put_check{
        database,
        "INSERT INTO account_checks (provider, project, base_url, fingerprint, at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET at = excluded.at"};
    Statement check_at{database,
                       "SELECT at FROM account_checks WHERE provider = ? AND project = ? AND base_url = ? AND "
                       "fingerprint = ?"};

    Statement insert_audit{
        database, "INSERT INTO audit (at, actor, event, key, session, host, detail) VALUES (?, ?, ?, ?, ?, ?, ?)"};
    Statement insert_audit_of_key{database,
                                  "INSERT INTO audit (at, actor, event, key, session, host, detail) "
                                  "SELECT ?, ?, ?, id, session, host, ? FROM keys WHERE id = ?"};
    Statement audit_after{
        database,
        "SELECT seq, at, actor, event, key, session, host, detail FROM audit WHERE seq > ? ORDER BY seq LIMIT ?"};
    Statement audit_last{
        database,
        "SELECT seq, at, actor, event, key, session, host, detail FROM (SELECT * FROM audit ORDER BY seq DESC LIMIT ?) "
        "ORDER BY seq"};

    Statement put_damage{database, "INSERT INTO damages (file, at) VALUES (?, ?) ON CONFLICT DO NOTHING"};
    Statement damage_known{database, "SELECT 1 FROM damages WHERE file = ?"};
    Statement put_lost_name{database, "INSERT INTO lost_names (ending, until) VALUES (?, ?) ON CONFLICT DO NOTHING"};
    Statement lost_names{database, "SELECT ending FROM lost_names WHERE until > ?"};
    Statement unrebuilt{database,
                        "SELECT max(at) FROM damages WHERE at > coalesce((SELECT at FROM rebuilt WHERE provider = ?1 "
                        "AND project = ?2 AND base_url = ?3), 0)"};
    Statement put_rebuilt{database,
                          "INSERT INTO rebuilt (provider, project, base_url, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT "
                          "DO UPDATE SET at = excluded.at"};

    std::function<void()> on_note;

    void note(const AuditRow& row);
    void note(const KeyId& key, const std::string& actor, const char* event, const std::string& detail);
    void note(const KeyRow& key, const std::string& actor, const char* event, const std::string& detail);
    void note(const SessionRow& session, const std::string& actor, const char* event, const std::string& detail);
    std::vector<KeyRow> keys(Statement& bound);
    std::vector<SessionRow> sessions(Statement& bound);
    std::vector<AuditRow> audit(Statement& bound);
    void insert(const SessionRow& session, const std::string& actor);
    void insert(const KeyRow& key, Timestamp due);  // creating, as long as nothing else is said
    void make_live(const KeyRow& key);
    // Each with its line in the trail. False, and no change: the key is not live; there is no such row.
    bool make_revoking(const KeyId& key, const std::string& reason, Timestamp due, const std::string& actor);
    bool make_lost(const KeyId& key, const std::string& why, Timestamp due, Timestamp unproven_until,
                   const std::string& actor);
    std::optional<Timestamp> moment(Statement& bound);  // the first column of its only row; none, or NULL: nothing
    int changes();
    void check();  // throws Damaged
};

// The smallest text that is larger than every text beginning with `prefix`.
std::string after_prefix(const std::string& prefix);

}  // namespace eph
