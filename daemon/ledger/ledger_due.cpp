// What the janitor asks of the ledger: what has come to its end, what is due where, and what became of keys meanwhile.
#include <iterator>

#include "daemon/ledger/store.hpp"

namespace eph {
namespace {

constexpr const char* unfinished = "nobody has finished its creation";
constexpr const char* ended_meanwhile = "ephd ended while the key was being created";

}  // namespace

std::size_t Ledger::revoke_unfinished(Timestamp due) {
    Transaction transaction{store_->database};
    std::size_t count = 0;
    constexpr std::int64_t all = -1;
    constexpr std::int64_t whenever = INT64_MAX;
    for (const KeyRow& key : store_->keys(store_->keys_overdue.bind(name_of(KeyState::creating), whenever, all))) {
        store_->make_lost(key.id, ended_meanwhile, due, due + may_still_appear, "ephd");
        ++count;
    }
    transaction.commit();
    return count;
}

void Ledger::revoke_overdue(const std::vector<KeyRow>& keys, Timestamp at) {
    Transaction transaction{store_->database};
    for (const KeyRow& key : keys) {
        if (key.state == KeyState::live) {
            store_->make_revoking(key.id, "deadline", at, "janitor");
        } else {
            store_->make_lost(key.id, unfinished, at, at + may_still_appear, "janitor");
        }
    }
    transaction.commit();
}

void Ledger::catch_up(const KeyRow& key) {
    Transaction transaction{store_->database};
    std::optional<KeyRow> row = this->key(key.id);
    if (!row) {  // it was in one that is damaged
        store_->insert(key, now());
        store_->note(key, "ephd", "adopted", key.name);
        row = this->key(key.id);
    }
    if (row->state == KeyState::revoked) return;
    const Timestamp due = key.due.value_or(now());
    if (row->state == KeyState::creating) {
        store_->make_lost(key.id, key.last_error, due, key.unproven_until.value_or(now()), "ephd");
    } else if (row->state == KeyState::live) {
        store_->make_revoking(key.id, key.reason, due, "ephd");
    }
    if (key.state == KeyState::revoked) {
        store_->mark_revoked.run(to_millis(key.revoked.value_or(now())), key.outcome, key.id.text());
        store_->note(key, "janitor", "revoked", key.outcome);
    } else if (key.attempts > row->attempts) {
        store_->mark_retry.run(to_millis(due), key.last_error, key.id.text());
        store_->note(key, "janitor", "retry", key.last_error);
    }
    transaction.commit();
}

std::vector<KeyRow> Ledger::overdue(Timestamp at, std::size_t limit) {
    const auto most = static_cast<std::int64_t>(limit);
    std::vector<KeyRow> rows = store_->keys(store_->keys_overdue.bind(name_of(KeyState::live), to_millis(at), most));
    std::vector<KeyRow> made =
        store_->keys(store_->keys_overdue.bind(name_of(KeyState::creating), to_millis(at), most));
    std::move(made.begin(), made.end(), std::back_inserter(rows));
    return rows;
}

std::optional<Timestamp> Ledger::first_end() { return store_->moment(store_->first_end.bind()); }

std::vector<Place> Ledger::places_revoking() {
    std::vector<Place> places;
    Place last;
    for (;;) {
        Statement& next = store_->next_place.bind(last.provider, last.project, last.base_url);
        if (!next.step()) break;
        last = {next.text(0), next.text(1), next.text(2)};
        places.push_back(last);
    }
    store_->next_place.reset();
    return places;
}

std::vector<KeyRow> Ledger::revoking(const Place& place, std::size_t limit) {
    return store_->keys(
        store_->keys_revoking.bind(place.provider, place.project, place.base_url, static_cast<std::int64_t>(limit)));
}

}  // namespace eph
