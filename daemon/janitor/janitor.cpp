// The timer-driven loop of revocations.
#include "daemon/janitor/janitor.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "common/error.hpp"

namespace eph {
namespace {

constexpr std::size_t most_at_once = 100;  // rows in one transaction

}  // namespace

Janitor::Janitor(asio::any_io_executor executor, Ledger& ledger, Accounts& accounts, OpenAi& openai, TaskGroup& tasks)
    : executor_(executor),
      ledger_(ledger),
      accounts_(accounts),
      openai_(openai),
      tasks_(tasks),
      timer_(executor),
      answered_(executor),
      cleaned_(executor),
      loaded_(executor) {}

Task<void> Janitor::run() {
    for (;;) {
        const std::optional<Timestamp> next = look();
        co_await timer_.wait_until(next);
        if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
    }
}

// What was put off under a clock that has been set since would wait for as long as that step was. A step forward may be
// the end of one that nobody saw begin.
void Janitor::mind_clock() {
    constexpr Duration of_no_account = std::chrono::seconds{2};
    constexpr Duration too_far = std::chrono::hours{1};  // for what another ephd put off, perhaps by another clock
    const Timestamp at = now();
    const auto when = Signal::Clock::now();
    const bool first = looked_ == Timestamp{};
    const auto expected = looked_ + std::chrono::duration_cast<Duration>(when - looked_when_);
    const Duration step = first ? Duration{0} : at - expected;
    if (first || step < -of_no_account || step > of_no_account) {
        held_.clear();
        without_account_.clear();
        for (auto& [id, key] : unrecorded_) key.due = at;
        ledger_.clock_went_back(at, first ? at + too_far : at);
        if (!first) {
            spdlog::info("{}: every revocation is tried again at once",
                         step < Duration{0} ? "the clock was set back" : "the clock was set forward, or was asleep");
        }
    }
    looked_ = at;
    looked_when_ = when;
}

// Does what there is to do, as far as there is room, and returns when to look again; a finished attempt wakes by
// itself. Never throws: whatever goes wrong, the janitor goes on.
std::optional<Timestamp> Janitor::look() {
    const Timestamp at = now();
    std::optional<Timestamp> next;
    const auto consider = [&](std::optional<Timestamp> moment) {
        if (moment && (!next || *moment < *next)) next = moment;
    };
    const auto guarded = [&](auto&& work) {  // what fails keeps nothing else from being done
        try {
            work();
        } catch (const std::exception& error) {
            spdlog::error("janitor: {}", error.what());
            consider(at + after_ledger_trouble);
        }
    };
    guarded([&] { mind_clock(); });
    guarded([&] { consider(go_on_unrecorded(at)); });
    guarded([&] { wake_those_with_account(at); });
    bool ended = false;
    guarded([&] {
        const std::optional<Timestamp> end = ledger_.first_end();
        ended = end && *end <= at && end_overdue(at);
        consider(end);
    });
    if (ended) return at;                                          // more may have come to its end
    if (next && *next <= at) next = at + std::chrono::seconds{1};  // it ended in memory alone
    guarded([&] { consider(start_revoking(at)); });
    return next;
}

void Janitor::wake_those_with_account(Timestamp at) {
    while (!came_.empty()) {
        ledger_.due_now(*came_.begin(), at);
        came_.erase(came_.begin());
    }
}

// Whatever becomes of their revocation, and when: keys end in time, and their sessions hear of it.
bool Janitor::end_overdue(Timestamp at) {
    std::vector<KeyRow> overdue = ledger_.overdue(at, unrecorded_.size() + most_at_once);
    std::erase_if(overdue, [&](const KeyRow& key) { return unrecorded_.contains(key.id); });
    if (overdue.empty()) return false;
    std::optional<Error> trouble;
    try {
        ledger_.revoke_overdue(overdue, at);
    } catch (const Error& error) {
        trouble = error;
    }
    for (KeyRow& key : overdue) {
        const bool live = key.state == KeyState::live;
        if (!live) key.unproven_until = at + may_still_appear;
        if (trouble) revoke_unrecorded(key, live ? "deadline" : "answer_lost", *trouble);
        if (live && on_revoking) on_revoking(key, "deadline");
    }
    return true;
}

// Until when nothing is asked of a place: it asked to slow down, or had no account.
std::optional<Timestamp> Janitor::resting_until(const Place& place, Timestamp at) {
    std::optional<Timestamp> until;
    for (auto* pauses : {&held_, &without_account_}) {
        std::erase_if(*pauses, [&](const auto& each) { return each.second <= at; });
        if (const auto pause = pauses->find(place); pause != pauses->end()) until = pause->second;
        if (until) break;
    }
    return until;
}

// Each place in turn, so that what waits for one provider never hides what is due at another.
std::optional<Timestamp> Janitor::start_revoking(Timestamp at) {
    std::optional<Timestamp> next;
    const auto consider = [&](Timestamp moment) {
        if (!next || moment < *next) next = moment;
    };
    std::vector<std::deque<KeyRow>> queues;
    for (const Place& place : ledger_.places_revoking()) {
        if (asking_.contains(place) || !has_room(place)) continue;  // what ends wakes by itself
        if (const auto until = resting_until(place, at)) {
            consider(*until);
            continue;
        }
        std::deque<KeyRow> queue;
        for (KeyRow& key : ledger_.revoking(place, in_flight_.size() + unrecorded_.size() + most_in_flight)) {
            if (in_flight_.contains(key.id) || unrecorded_.contains(key.id)) continue;
            if (*key.due > at) {
                consider(*key.due);
                break;
            }
            queue.push_back(std::move(key));
        }
        if (!queue.empty()) queues.push_back(std::move(queue));
    }
    while (!queues.empty()) {
        for (std::deque<KeyRow>& queue : queues) {
            if (!has_room(queue.front().place)) {
                queue.clear();
                continue;
            }
            KeyRow key = std::move(queue.front());
            queue.pop_front();
            if (start(std::move(key))) queue.clear();
        }
        std::erase_if(queues, [](const auto& queue) { return queue.empty(); });
    }
    return next;
}

// One whose provider answers slowly, or not at all, may take up what is common, but not what every other place has of
// its own.
bool Janitor::has_room(const Place& place) const {
    if (in_flight_.size() < most_in_flight) return true;
    const auto own =
        std::count_if(in_flight_.begin(), in_flight_.end(), [&](const auto& each) { return each.second == place; });
    return static_cast<std::size_t>(own) < always_for_a_place;
}

// True: what else is due at its place waits for this one, which asks the account's store.
bool Janitor::start(KeyRow key) {
    const bool asks = accounts_.must_ask(key.place, key.fingerprint, key.attempts);
    if (asks) asking_.insert(key.place);
    in_flight_.emplace(key.id, key.place);
    tasks_.spawn("revoking key " + key.id.text(), attempt(std::move(key)));
    return asks;
}

void Janitor::account_loaded(const Place& place) {
    asking_.erase(place);
    without_account_.erase(place);
    came_.insert(place);
    account_came_ = true;
    loaded_.notify();
    wake();
}

// Who asks for a revocation waits for some seconds, and not for a provider that wants to be left alone for longer: it
// can say so again.
void Janitor::end_long_hold(const Place& place) {
    const auto held = held_.find(place);
    if (held != held_.end() && held->second > now() + longest_wait_of_people) held_.erase(held);
}

void Janitor::revoke(const KeyId& key, const std::string& reason, const std::string& actor) {
    const std::optional<KeyRow> row = this->row(key);
    if (!row || row->state == KeyState::revoked || row->state == KeyState::creating) return;
    if (reason == "asked") end_long_hold(row->place);
    wake();
    if (unrecorded_.contains(key)) return;
    if (row->state == KeyState::revoking) {
        ledger_.hurry(key, now());  // asked for again: no need to wait for the back-off
        return;
    }
    std::optional<Error> trouble;
    try {
        ledger_.revoke(key, reason, now(), actor);
    } catch (const Error& error) {
        trouble = error;
    }
    if (trouble) revoke_unrecorded(*row, reason, *trouble);
    if (on_revoking) on_revoking(*row, reason);
}

Janitor::Awaited Janitor::awaited(const KeyId& key) {
    const std::optional<KeyRow> row = this->row(key);
    return {key, row ? row->attempts : 0};
}

Task<bool> Janitor::first_answer(Awaited awaited, Duration limit) {
    const auto until = Signal::Clock::now() + limit;
    for (;;) {
        const std::optional<KeyRow> row = this->row(awaited.key);
        if (!row || row->state == KeyState::revoked) co_return true;
        if (row->attempts > awaited.attempts || Signal::Clock::now() >= until) break;
        co_await answered_.wait_until(until);
    }
    try {
        co_await ledger_.durable();  // that it goes on is a promise
    } catch (const Error&) {         // which the ledger's trouble qualifies, for whoever asks for the status
    }
    co_return false;
}

Task<bool> Janitor::idle(Duration limit) {
    const auto until = Signal::Clock::now() + limit;
    while (!in_flight_.empty()) {
        if (Signal::Clock::now() >= until) co_return false;
        co_await answered_.wait_until(until);
    }
    co_return true;
}

void Janitor::drop_unused_accounts() {
    if (in_flight_.size() > 1 || !accounts_.has_clients()) return;
    std::set<Place> needed = ledger_.places_in_use();
    needed.insert(comparing_.begin(), comparing_.end());
    accounts_.forget_clients_except(needed);
    for (const AccountRef& account : accounts_.loaded()) needed.insert(account->place);
    openai_.forget_lists_except(needed);
}

}  // namespace eph
