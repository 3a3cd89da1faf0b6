// The life of keys in the ledger: each function is one transaction with its line in the audit trail.
#include "daemon/ledger/ledger.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "common/error.hpp"
#include "common/paths.hpp"
#include "daemon/ledger/flusher.hpp"
#include "daemon/ledger/ledger_files.hpp"
#include "daemon/ledger/store.hpp"

namespace eph {
namespace {

// Of `locked`, for as long as the descriptor that is returned is open.
int take_lock(const std::filesystem::path& locked, const std::filesystem::path& ledger) {
    const int descriptor = open(locked.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) throw Error{Code::storage, "cannot open {}: {}", locked.string(), std::strerror(errno)};
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return descriptor;
    const int reason = errno;
    close(descriptor);
    if (reason == EWOULDBLOCK) {
        throw Error{Code::busy, "another ephd already works with the ledger {}", ledger.string()}.hint(
            "Use that one, or stop it first.");
    }
    throw Error{Code::storage, "cannot lock {}: {}", locked.string(), std::strerror(reason)};
}

std::optional<std::int64_t> millis(const std::optional<Timestamp>& moment) {
    if (!moment) return std::nullopt;
    return to_millis(*moment);
}

Error no_longer_live(std::string_view what, const std::string& id) {
    return Error{Code::session_over, "{} {} is over", what, id};
}

std::optional<KeyRow> first(std::vector<KeyRow> rows) {
    if (rows.empty()) return std::nullopt;
    return std::move(rows.front());
}

}  // namespace

Ledger::Ledger(const std::filesystem::path& file) : file_(behind_links(file)) {
    for (const auto& each : {file, file_}) {
        if (each.has_parent_path()) make_private_directory(each.parent_path());
    }
    refuse_what_is_no_file(file_);
    lock_ = take_lock(file_.string() + ".lock", file);
    try {
        open();
    } catch (...) {
        unlock();
        throw;
    }
}

Ledger::~Ledger() { unlock(); }

// The lock file keeps a second ephd away, unless somebody deletes it, or the same ledger is reached by another name: a
// link, another mount. So the database's own file is locked as well, where flock(2) is no business of the locks that
// SQLite takes by fcntl(2): on Linux. Closing it lets go of SQLite's, which a ledger that is set aside needs no more.
void Ledger::lock_itself() {
#if defined(__linux__)
    if (itself_ >= 0) close(itself_);
    itself_ = -1;
    itself_ = take_lock(file_, file_);
#endif
}

void Ledger::unlock() {
    flusher_.reset();
    store_.reset();
    if (itself_ >= 0) close(itself_);
    close(lock_);
}

void Ledger::intend(const KeyRow& key, const std::optional<SessionRow>& session, const std::string& actor) {
    // Should the one who creates it vanish without a word, the janitor looks after the row. Longer than every limit of
    // a creation together.
    const Timestamp abandoned = key.created + std::chrono::minutes{15};
    Transaction transaction{store_->database};
    store_->insert(key, abandoned);
    store_->note(key.id, actor, "creating", key.name);
    if (session) store_->insert(*session, actor);
    transaction.commit();
}

void Ledger::live(const KeyRow& key) {
    Transaction transaction{store_->database};
    store_->make_live(key);
    transaction.commit();
}

void Ledger::live_instead(const SessionRow& session, const KeyRow& key) {
    const FlushAtCommit at_commit{store_->database};
    Transaction transaction{store_->database};
    store_->make_live(key);
    store_->move_to_key.run(session.id.text(), key.id.text(), session.key.text());
    if (store_->changes() == 0) throw no_longer_live("session", session.id.text());
    store_->make_revoking(session.key, "replaced", now(), "ephd");
    transaction.commit();
}

void Ledger::never_made(const KeyId& key, const std::string& why) {
    Transaction transaction{store_->database};
    store_->mark_never_made.run(to_millis(now()), why, key.text());
    store_->note(key, "ephd", "refused", why);
    transaction.commit();
}

void Ledger::lost(const KeyId& key, Timestamp unproven_until, const std::string& why) {
    Transaction transaction{store_->database};
    if (!store_->make_lost(key, why, now(), unproven_until, "ephd")) {
        throw Error{Code::storage, "the ledger has no row of key {} any more", key.text()};
    }
    transaction.commit();
}

void Ledger::revoke(const KeyId& key, const std::string& reason, Timestamp due, const std::string& actor) {
    Transaction transaction{store_->database};
    if (store_->make_revoking(key, reason, due, actor)) transaction.commit();
}

void Ledger::retry(const KeyId& key, const std::string& error, Timestamp due) {
    Transaction transaction{store_->database};
    const std::optional<KeyRow> before = this->key(key);
    store_->mark_retry.run(to_millis(due), error, key.text());
    if (store_->changes() == 0) return;
    // The trail tells what changed, not how often: the row itself counts the attempts.
    if (before && before->last_error != error) store_->note(key, "janitor", "retry", error);
    transaction.commit();
}

void Ledger::revoked(const KeyId& key, const std::string& outcome) {
    Transaction transaction{store_->database};
    store_->mark_revoked.run(to_millis(now()), outcome, key.text());
    if (store_->changes() == 0) return;
    store_->note(key, "janitor", "revoked", outcome);
    transaction.commit();
}

void Ledger::revive(const KeyId& key, const std::string& service_account_id) {
    Transaction transaction{store_->database};
    store_->mark_revived.run(to_millis(now()), service_account_id, key.text());
    if (store_->changes() == 0) return;
    store_->note(key, "reconcile", "revoking", "recorded as revoked, but found at the provider");
    transaction.commit();
}

void Ledger::adopt(const std::vector<std::pair<KeyRow, std::string>>& keys) {
    Transaction transaction{store_->database};
    for (const auto& [key, reason] : keys) {
        const bool kept = reason.empty();
        store_->insert(key, now());
        // The deletion of one that is kept asks for its name once more: the machine whose it is may have given it
        // another, and more time.
        store_->mark_live.run(kept ? "" : key.service_account_id, key.api_key_id, std::optional<std::int64_t>{}, 0,
                              key.id.text());
        if (!kept) store_->mark_revoking.run(to_millis(now()), reason, key.id.text());
        store_->note(key.id, "reconcile", kept ? "kept" : "adopted", key.name);
    }
    transaction.commit();
}

void Ledger::hurry(const KeyId& key, Timestamp due) {
    store_->mark_hurried.run(to_millis(due), key.text(), to_millis(due));
}

void Ledger::clock_went_back(Timestamp at, Timestamp beyond) {
    store_->mark_no_later.run(to_millis(beyond), to_millis(at), to_millis(at + may_still_appear));
}

void Ledger::due_now(const Place& place, Timestamp due) {
    store_->mark_due.run(to_millis(due), to_millis(due), place.provider, place.project, place.base_url);
}

void Ledger::renaming(const KeyId& key, const std::string& next_name) {
    const FlushAtCommit at_commit{store_->database};
    store_->mark_renaming.run(next_name, key.text());
    if (store_->changes() == 0) throw no_longer_live("key", key.text());
}

void Ledger::not_renamed(const KeyId& key) { store_->mark_not_renamed.run(key.text()); }

void Ledger::renamed(const KeyId& key) { store_->mark_renamed.run(key.text()); }

void Ledger::extended(const SessionRow& session, Timestamp deadline, std::optional<Timestamp> provider_expiry,
                      const std::string& actor) {
    const FlushAtCommit at_commit{store_->database};
    Transaction transaction{store_->database};
    if (!session.key.empty()) {
        store_->mark_extended.run(session.key.text(), to_millis(deadline), millis(provider_expiry));
        if (store_->changes() == 0) throw no_longer_live("key", session.key.text());
    }
    store_->extend_session.run(session.id.text(), to_millis(deadline));
    if (store_->changes() == 0) throw no_longer_live("session", session.id.text());
    store_->note(session, actor, "extended", "until " + rfc3339(deadline));
    transaction.commit();
}

std::optional<KeyRow> Ledger::key(const KeyId& id) { return first(store_->keys(store_->key_by_id.bind(id.text()))); }

std::optional<KeyRow> Ledger::key_by_name(const std::string& name) {
    return first(store_->keys(store_->key_by_name.bind(name)));
}

std::vector<KeyRow> Ledger::unsettled_keys() { return store_->keys(store_->keys_unsettled.bind()); }

std::vector<KeyRow> Ledger::first_unsettled(std::size_t limit) {
    constexpr std::int64_t whenever = INT64_MAX;
    std::vector<KeyRow> rows;
    for (const KeyState state : {KeyState::live, KeyState::creating, KeyState::revoking}) {
        const auto left = static_cast<std::int64_t>(limit - rows.size());
        std::vector<KeyRow> more = store_->keys(store_->keys_overdue.bind(name_of(state), whenever, left));
        std::move(more.begin(), more.end(), std::back_inserter(rows));
    }
    return rows;
}

KeyCounts Ledger::count_keys() {
    KeyCounts counts;
    Statement& each = store_->counts;
    for (each.bind(); each.step();) {
        const std::int64_t count = each.integer(1);
        switch (key_state(each.text(0))) {
            case KeyState::creating:
                counts.creating = count;
                break;
            case KeyState::live:
                counts.live = count;
                break;
            case KeyState::revoking:
                counts.revoking = count;
                counts.retrying = each.integer(2);
                break;
            case KeyState::revoked:
                break;
        }
    }
    each.reset();
    return counts;
}

std::set<Place> Ledger::places_in_use() {
    std::set<Place> places;
    for (store_->places.bind(); store_->places.step();) {
        places.insert({store_->places.text(0), store_->places.text(1), store_->places.text(2)});
    }
    store_->places.reset();
    return places;
}

std::set<std::string> Ledger::fingerprints_in_use(const Place& place) {
    std::set<std::string> found;
    Statement& each = store_->fingerprints;
    for (each.bind(place.provider, place.project, place.base_url); each.step();) found.insert(each.text(0));
    each.reset();
    return found;
}

std::vector<KeyRow> Ledger::recent_keys(std::size_t limit) {
    return store_->keys(store_->keys_recent.bind(static_cast<std::int64_t>(limit)));
}

void Ledger::checked(const Place& place, const std::string& fingerprint, Timestamp at) {
    store_->put_check.run(place.provider, place.project, place.base_url, fingerprint, to_millis(at));
}

std::optional<Timestamp> Ledger::last_check(const Place& place, const std::string& fingerprint) {
    return store_->moment(store_->check_at.bind(place.provider, place.project, place.base_url, fingerprint));
}

}  // namespace eph
