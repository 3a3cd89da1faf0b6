// The SQLite file with every key, every session and the audit trail. Each call is one transaction.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "common/async/task.hpp"
#include "daemon/ledger/rows.hpp"
#include "daemon/ledger/sqlite.hpp"

namespace eph {

// How long whoever could not write to the ledger waits before the next try.
inline constexpr Duration after_ledger_trouble = std::chrono::seconds{5};

class Flusher;

class Ledger {
public:
    // Takes its locks first: Error{busy} when another ephd has the ledger, by whatever name.
    explicit Ledger(const std::filesystem::path& file);
    ~Ledger();
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;

    // --- to the disk (flusher.hpp) ---
    // From now on what a call has done outlives ephd when the call returns, and the machine when durable() does. Those
    // that nobody need wait for get there in a moment by themselves; those that ask the provider or tell a person right
    // behind them, and are rare, are there when they return. Without it all are.
    void flush_beside(const asio::any_io_executor& executor);
    Task<void> durable();       // all calls before it; throws Error{storage}
    Task<void> keep_durable();  // until cancelled

    // --- a key's life; `actor` goes to the audit trail ---
    void intend(const KeyRow& key, const std::optional<SessionRow>& session, const std::string& actor);
    void live(const KeyRow& key);  // with what the provider said of it
    // The same for a key that takes the place of the session's present one, which has to go from now on. Throws
    // Error{session_over} where there is no such session any more.
    void live_instead(const SessionRow& session, const KeyRow& key);
    void never_made(const KeyId& key, const std::string& why);  // the provider's clear no
    // The answer to the creation was lost, or came when the row had moved on: it may take effect until
    // `unproven_until`.
    void lost(const KeyId& key, Timestamp unproven_until, const std::string& why);
    // No change unless the key is live.
    void revoke(const KeyId& key, const std::string& reason, Timestamp due, const std::string& actor);
    void retry(const KeyId& key, const std::string& error, Timestamp due);
    void revoked(const KeyId& key, const std::string& outcome);
    void revive(const KeyId& key,
                const std::string& service_account_id);  // recorded as revoked, yet found at the provider
    // Other machines' keys, each with the reason for which it is over, and revoking; "": it is kept, live until the end
    // that its name tells.
    void adopt(const std::vector<std::pair<KeyRow, std::string>>& keys);
    std::size_t revoke_unfinished(Timestamp due);  // at start: every creating row
    // What has come to its end by itself: live keys are revoking now, those whose creation nobody has finished are
    // lost.
    void revoke_overdue(const std::vector<KeyRow>& keys, Timestamp at);
    // What became of a key while the ledger could not be written: revoking or revoked, as `key` has it.
    void catch_up(const KeyRow& key);
    void hurry(const KeyId& key, Timestamp due);  // a revocation that waits for its next try is due
    // Revocations put off until after `beyond` are due at `at`, and no lost creation is looked for longer than ever.
    void clock_went_back(Timestamp at, Timestamp beyond);
    void due_now(const Place& place, Timestamp due);  // an account is back: all that waits for it is due

    // --- an extension, in the order of its steps; Error{session_over} where key or session are no longer live ---
    void renaming(const KeyId& key, const std::string& next_name);  // from now on it may have either name
    void not_renamed(const KeyId& key);                             // it has the old one for sure
    void renamed(const KeyId& key);                                 // it has the next one for sure
    // The session with its key, if it has one: both get the deadline, the key its next name.
    void extended(const SessionRow& session, Timestamp deadline, std::optional<Timestamp> provider_expiry,
                  const std::string& actor);

    std::optional<KeyRow> key(const KeyId& id);
    std::optional<KeyRow> key_by_name(const std::string& name);  // also by the name that it is about to have
    // By id, name, service account's or API key's id, or an unambiguous beginning of the id or name. Throws
    // Error{ambiguous}.
    std::optional<KeyRow> find_key(const std::string& reference);
    std::vector<KeyRow> unsettled_keys();  // all that are not revoked, by due
    // At most so many: first what lives, then what is being made, then what is being revoked, each by due.
    std::vector<KeyRow> first_unsettled(std::size_t limit);
    KeyCounts count_keys();
    std::set<Place> places_in_use();  // of all that are not revoked, and of sessions through the broker
    std::set<std::string> fingerprints_in_use(const Place& place);  // of the accounts behind what stands there
    std::vector<KeyRow> recent_keys(std::size_t limit);             // newest first
    std::vector<KeyRow> overdue(Timestamp at, std::size_t limit);   // live or creating, and past that
    std::optional<Timestamp> first_end();                           // when the next key comes to its end by itself
    std::vector<Place> places_revoking();                           // where something is to be revoked
    std::vector<KeyRow> revoking(const Place& place, std::size_t limit);  // what is due first

    // --- sessions ---
    void start_without_key(const SessionRow& session, const std::string& actor);
    // With its key, if that is live: it has to go from this moment on.
    void session_over(const SessionId& session, const std::string& reason, std::optional<std::int64_t> exit_status,
                      const std::string& actor);
    void used(const std::vector<std::pair<SessionId, wire::Usage>>& usages);  // so far, through the broker
    std::optional<SessionRow> session(const SessionId& id);
    std::optional<SessionRow> find_session(const std::string& reference);  // as find_key
    std::vector<SessionRow> active_sessions();
    std::vector<SessionRow> recent_sessions(std::size_t limit);

    // --- when an account was last accepted by its provider ---
    void checked(const Place& place, const std::string& fingerprint, Timestamp at);
    std::optional<Timestamp> last_check(const Place& place, const std::string& fingerprint);

    // --- the audit trail ---
    void note(const AuditRow& row);
    std::vector<AuditRow> audit(std::int64_t after, std::size_t limit);
    std::vector<AuditRow> last_of_audit(std::size_t limit);  // oldest first, too
    void on_note(std::function<void()> told);                // called for each line that is added

    // --- when it cannot be written, and when it is damaged (damage.cpp) ---
    const std::optional<Trouble>& trouble() const;
    void try_to_write();  // throws as before, or the trouble is over
    // Called from within the statement that found the damage. Nothing works from then on, until start_anew().
    void on_damage(std::function<void()> told);
    // Sets the damaged file aside, remembers of it what its bytes tell, and goes on with a new one.
    void start_anew();
    bool damaged() const;
    std::vector<std::filesystem::path> damaged_files() const;  // those that lie there, oldest first
    std::set<std::string> lost_names(
        Timestamp at);  // endings of names of keys that a damaged ledger had and that may live
    std::optional<Timestamp> damaged_at(const Place& place);  // nothing: this place was rebuilt since
    void rebuilt(const Place& place);

    const std::filesystem::path& file() const { return file_; }

private:
    struct Store;
    void open();
    void lock_itself();
    void unlock();
    void remember_damages();

    std::filesystem::path file_;
    int lock_ = -1;    // of the lock file beside it
    int itself_ = -1;  // of its own file
    std::unique_ptr<Store> store_;
    std::unique_ptr<Flusher> flusher_;
    std::function<void()> on_note_;
    std::function<void()> on_damage_;
};

}  // namespace eph
