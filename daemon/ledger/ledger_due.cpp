// What the janitor asks of the ledger: what has come to its end, what is due where, and what became of keys meanwhile.
#include <iterator>

#include "daemon/ledger/store.hpp"

namespace eph {
namespace {

constexpr const char* unfinished = "nobody has finished its creation";

}  // namespace

std::size_t Ledger::revoke_unfinished(Timestamp due) {
    Transaction transaction{store_->database};
    std::size_t count = 0;
    constexpr std::int64_t all = -1;
    constexpr std::int64_t whenever = INT64_MAX;
    for (const KeyRow& key : store_->keys(store_->keys_overdue.bind(name_of(KeyState::creating), whenever, all))) {
        store_->mark_lost.run(to_millis(due), to_millis(due + may_still_appear),
                              "ephd ended while the key was being created", key.id.text());
        store_->note(key, "ephd", "answer_lost", "ephd ended while the key was being created");
        ++count;
    }
    transaction.commit();
    return count;
}

void Ledger::revoke_overdue(const std::vector<KeyRow>& keys, Timestamp at) {
    Transaction transaction{store_->database};
    for (const KeyRow& key : keys) {
        if (key.state == KeyState::live) {
            store_->mark_revoking.run(to_millis(at), "deadline", key.id.text());
            store_->note(key, "janitor", "revoking", "deadline");
        } else {
            store_->mark_lost.run(to_millis(at), to_millis(at + may_still_appear), unfinished, key.id.text());
            store_->note(key, "janitor", "answer_lost", unfinished);
        }
    }
    transaction.commit();
}

void Ledger::catch_up(const KeyRow& key) {
    Transaction transaction{store_->database};
    std::optional<KeyRow> row = this->key(key.id);
    if (!row) {  // it was in one that is damaged
        store_->insert(key);
        store_->note(key, "ephd", "adopted", key.name);
        row = this->key(key.id);
    }
    if (row->state == KeyState::revoked) return;
    const std::int64_t due = to_millis(key.due.value_or(now()));
    if (row->state == KeyState::creating) {
        store_->mark_lost.run(due, to_millis(key.unproven_until.value_or(now())), key.last_error, key.id.text());
        store_->note(key, "ephd", "answer_lost", key.last_error);
    } else if (row->state == KeyState::live) {
        store_->mark_revoking.run(due, key.reason, key.id.text());
        store_->note(key, "ephd", "revoking", key.reason);
    }
    if (key.state == KeyState::revoked) {
        store_->mark_revoked.run(to_millis(key.revoked.value_or(now())), key.outcome, key.id.text());
        store_->note(key, "janitor", "revoked", key.outcome);
    } else if (key.attempts > row->attempts) {
        store_->mark_retry.run(due, key.last_error, key.id.text());
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

std::optional<Timestamp> Ledger::first_end() {
    Statement& wanted = store_->first_end.bind();
    std::optional<std::int64_t> at;
    if (wanted.step()) at = wanted.maybe_integer(0);
    wanted.reset();
    if (!at) return std::nullopt;
    return from_millis(*at);
}

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
