// eph cleanup: every account's list, everything in the ledger that is over, and an honest sum.
#include <algorithm>
#include <iterator>
#include <list>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>

#include "common/error.hpp"
#include "daemon/janitor/janitor.hpp"

namespace eph {
namespace {

constexpr Duration patience = std::chrono::minutes{10};
constexpr Duration for_another = std::chrono::minutes{4};  // together less than what eph waits for
constexpr std::size_t places_at_once = 16;                 // each has a connection of its own

}  // namespace

CleanupCount Janitor::cleanup_count() const {
    CleanupCount count;
    for (const Cleaning& each : cleaning_) {
        count.running = true;
        count.total += each.keys.size();
        count.done += each.keys.size() - each.unanswered.size();
    }
    return count;
}

Task<CleanupSum> Janitor::cleanup(CleanupOrder order, std::string actor) {
    CleanupSum sum;
    std::list<Comparing> comparing;
    for (const AccountRef& account : order.accounts) comparing.emplace_back(comparing_, account->place);
    if (order.dry_run) {
        Concerned none;
        co_await ask_accounts(order, sum, none);
        std::set<KeyId> known;
        for (const KeyRow& row : sum.would_revoke) known.insert(row.id);
        for (KeyRow& row : rows_for_cleanup(order)) {
            if (!known.contains(row.id)) sum.would_revoke.push_back(std::move(row));
        }
        co_return sum;
    }
    std::set<Place> places;
    for (const AccountRef& account : order.accounts) places.insert(account->place);
    co_await wait_for_other_cleanups(order, places);
    struct Running {
        Janitor& janitor;
        std::list<Cleaning>::iterator own;
        ~Running() {
            janitor.cleaning_.erase(own);
            janitor.cleaned_.notify();
        }
    };
    const Running running{*this, cleaning_.insert(cleaning_.end(), Cleaning{})};
    running.own->places = std::move(places);
    running.own->every_place = order.every_place;
    co_await clean_up(order, sum, *running.own, std::move(actor));
    co_return sum;
}

// Those that have to do with a place of this one.
Task<void> Janitor::wait_for_other_cleanups(const CleanupOrder& order, const std::set<Place>& places) {
    const auto until = Signal::Clock::now() + for_another;
    for (;;) {
        const auto other = std::find_if(cleaning_.begin(), cleaning_.end(), [&](const Cleaning& each) {
            return order.every_place || each.every_place ||
                   std::any_of(places.begin(), places.end(),
                               [&](const Place& one) { return each.places.contains(one); });
        });
        if (other == cleaning_.end()) co_return;
        if (Signal::Clock::now() >= until) {
            throw Error{Code::busy, "another cleanup still runs: {} of its {} keys have no answer yet",
                        other->unanswered.size(), other->keys.size()}
                .hint("Try again later, or clean up another account: eph cleanup --account NAME.");
        }
        co_await cleaned_.wait_until(until);
    }
}

Task<void> Janitor::clean_up(const CleanupOrder& order, CleanupSum& sum, Cleaning& cleaning, std::string actor) {
    co_await ask_accounts(order, sum, cleaning);
    for (const KeyRow& row : rows_for_cleanup(order)) {
        cleaning.add(row.id);
        revoke(row.id, "asked", actor);
    }
    // What was settled before it was even waited for, be it in memory alone.
    std::erase_if(cleaning.unanswered, [&](const KeyId& id) {
        const std::optional<KeyRow> row = this->row(id);
        return !row || row->state == KeyState::revoked;
    });
    const auto until = Signal::Clock::now() + patience;
    while (!cleaning.unanswered.empty() && Signal::Clock::now() < until) {
        std::erase_if(cleaning.unanswered, [&](const KeyId& id) { return is_held_for_long(id); });
        if (!cleaning.unanswered.empty()) co_await answered_.wait_until(until);
    }
    count_outcomes(sum, cleaning);
}

// Its place asked to be left alone for longer than people wait.
bool Janitor::is_held_for_long(const KeyId& id) {
    const std::optional<KeyRow> row = this->row(id);
    if (!row || in_flight_.contains(id)) return false;
    const auto held = held_.find(row->place);
    return held != held_.end() && held->second > now() + longest_wait_of_people;
}

void Janitor::count_outcomes(CleanupSum& sum, const Cleaning& cleaning) {
    for (const KeyId& id : cleaning.keys) {
        std::optional<KeyRow> row = this->row(id);
        if (!row) continue;
        if (row->state != KeyState::revoked) {
            sum.pending.push_back(std::move(*row));
        } else if (row->outcome == "confirmed") {
            ++sum.revoked;
        } else {
            ++sum.already_gone;
        }
    }
}

// Several places side by side: one whose list is long or slow keeps no other waiting.
Task<void> Janitor::ask_accounts(const CleanupOrder& order, CleanupSum& sum, Concerned& concerned) {
    std::vector<PlaceAsked> places;
    for (const AccountRef& account : order.accounts) {
        const auto same = [&](const PlaceAsked& each) { return each.accounts.front()->place == account->place; };
        auto place = std::find_if(places.begin(), places.end(), same);
        if (place == places.end()) place = places.emplace(places.end());
        place->accounts.push_back(account);
    }
    if (places.empty()) co_return;
    std::size_t next = 0;
    using Asking = decltype(asio::co_spawn(executor_, ask_in_turn(order, places, next, concerned), asio::deferred));
    std::vector<Asking> all;
    for (std::size_t i = 0; i < std::min(places.size(), places_at_once); ++i)
        all.push_back(asio::co_spawn(executor_, ask_in_turn(order, places, next, concerned), asio::deferred));
    auto group = asio::experimental::make_parallel_group(std::move(all));
    const auto [finished, thrown] = co_await group.async_wait(asio::experimental::wait_for_all(), use_awaitable);
    for (const std::exception_ptr& each : thrown) {
        if (each) std::rethrow_exception(each);
    }
    if (order.accounts.size() == 1 && !places.front().done) throw Error{places.front().failures.front()};
    for (PlaceAsked& place : places) place.add_to(sum);
}

void Janitor::PlaceAsked::add_to(CleanupSum& all) {
    all.listed += sum.listed;
    all.already_gone += sum.already_gone;
    all.left += sum.left;
    std::move(sum.would_revoke.begin(), sum.would_revoke.end(), std::back_inserter(all.would_revoke));
    std::move(sum.notes.begin(), sum.notes.end(), std::back_inserter(all.notes));
    if (done) return;
    for (std::size_t i = 0; i < accounts.size(); ++i) {
        all.notes.push_back(
            fmt::format("account {} ({}): {}", accounts[i]->name, accounts[i]->place.project, failures[i].message()));
    }
}

// The next place that nobody asks yet, until there is none.
Task<void> Janitor::ask_in_turn(const CleanupOrder& order, std::vector<PlaceAsked>& places, std::size_t& next,
                                Concerned& concerned) {
    while (next < places.size()) {
        PlaceAsked& place = places[next++];
        co_await ask_place(order, place, concerned);
    }
}

// Once, by the first of its accounts that can.
Task<void> Janitor::ask_place(const CleanupOrder& order, PlaceAsked& place, Concerned& concerned) {
    for (const AccountRef& account : place.accounts) {
        try {
            if (order.dry_run) {
                co_await preview(account, order.all, place.sum);
            } else {
                co_await reconcile(account, order.all, place.sum, concerned);
            }
            place.done = true;
            co_return;
        } catch (const Error& error) {
            place.failures.push_back(error);
            place.sum = {};
        }
    }
}

// What reconcile() would set going, without a trace of it.
Task<void> Janitor::preview(AccountRef account, bool all, CleanupSum& sum) {
    const Plan plan = co_await plan_for(account, all, now());
    sum.listed += plan.listed;
    sum.left += plan.left;
    for (const Listed& each : plan.adopt) sum.would_revoke.push_back(row_of(account, each));
    for (const auto& [key, id] : plan.revive) sum.would_revoke.push_back(ledger_.key(key).value());
    for (const KeyId& key : plan.revoke) sum.would_revoke.push_back(ledger_.key(key).value());
}

std::vector<KeyRow> Janitor::rows_for_cleanup(const CleanupOrder& order) {
    std::vector<KeyRow> rows = ledger_.unsettled_keys();
    std::erase_if(rows, [&](const KeyRow& row) {
        const bool place =
            order.every_place || std::any_of(order.accounts.begin(), order.accounts.end(),
                                             [&](const AccountRef& account) { return account->place == row.place; });
        return !place || !is_for_cleanup(row, now(), order.all);
    });
    return rows;
}

}  // namespace eph
