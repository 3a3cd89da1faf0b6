// The timer-driven loop of revocations.
#include "daemon/janitor/janitor.hpp"

#include <random>

#include <spdlog/spdlog.h>

#include "common/error.hpp"

namespace eph {
namespace {

constexpr std::size_t most_in_flight = 16;
constexpr Duration while_store_is_asked = std::chrono::seconds{10};  // at most: the account's coming makes all due
constexpr Duration after_trouble = std::chrono::seconds{5};          // the ledger itself failed

double jitter() {
    static thread_local std::minstd_rand generator{std::random_device{}()};
    return std::uniform_real_distribution<>{0.0, 1.0}(generator);
}

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
        std::optional<Timestamp> next;
        try {
            next = start_due();
        } catch (const Error& error) {
            spdlog::error("janitor: {}", error.message());
            next = now() + after_trouble;
        }
        co_await timer_.wait_until(next);
        if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
    }
}

// Starts what is due, as far as there is room, and returns when to look again; a finished attempt wakes by itself.
std::optional<Timestamp> Janitor::start_due() {
    const Timestamp at = now();
    std::erase_if(held_, [&](const auto& place) { return place.second <= at; });
    const std::size_t window = in_flight_.size() + most_in_flight + 1;
    std::vector<KeyRow> upcoming = ledger_.upcoming(window);
    for (KeyRow& key : upcoming) {
        if (in_flight_.contains(key.id)) continue;
        if (*key.due > at) return key.due;
        if (key.state == KeyState::creating) {
            ledger_.lost(key.id, at + may_still_appear, "nobody has finished its creation");
            key = ledger_.key(key.id).value();
        } else if (key.state == KeyState::live) {
            ledger_.revoke(key.id, "deadline", at, "janitor");
            key.state = KeyState::revoking;
            if (on_revoking) on_revoking(key, "deadline");
        }
        // Out of the way, so that what waits for one provider never hides what is due at another.
        if (const auto held = held_.find(key.place); held != held_.end()) {
            ledger_.postpone(key.id, held->second);
            continue;
        }
        if (asking_.contains(key.place)) {
            ledger_.postpone(key.id, at + while_store_is_asked);
            continue;
        }
        if (in_flight_.size() >= most_in_flight) return std::nullopt;
        if (accounts_.must_ask(key.place, key.fingerprint, key.attempts)) asking_.insert(key.place);
        in_flight_.insert(key.id);
        tasks_.spawn("revoking key " + key.id.text(), attempt(std::move(key)));
    }
    if (upcoming.size() < window) return std::nullopt;
    return at;  // more may be due behind these
}

void Janitor::account_loaded(const Place& place) {
    asking_.erase(place);
    account_came_ = true;
    loaded_.notify();
    wake();
}

Task<RevokeAnswer> Janitor::revoke_at_provider(const KeyRow& key) {
    AccountRef account;
    Failed without{"", std::nullopt};
    try {
        account = co_await accounts_.for_place(key.place, key.fingerprint, key.attempts);
    } catch (const Error& error) {
        without.error = error.message();
        without.waits_for_store = accounts_.configured(key.place);
    }
    if (!account) co_return without;
    co_return co_await openai_.revoke(account, key.service_account_id, key.name, key.next_name);
}

Task<void> Janitor::attempt(KeyRow key) {
    // Whatever happens, also cancellation: the place in flight is given back and those who wait are told.
    struct Finished {
        Janitor& janitor;
        KeyId id;
        Place place;
        ~Finished() {
            janitor.in_flight_.erase(id);
            if (janitor.cleaning_) janitor.cleaning_->unanswered.erase(id);
            janitor.asking_.erase(place);
            janitor.answered_.notify();
            janitor.wake();
        }
    } finished{*this, key.id, key.place};

    std::optional<Error> trouble;
    try {
        const RevokeAnswer answer = co_await revoke_at_provider(key);
        if (const auto* failed = std::get_if<Failed>(&answer); failed != nullptr && failed->retry_after) {
            held_[key.place] = now() + *failed->retry_after;
        }
        const Verdict verdict = next_step(key, answer, now(), jitter());
        if (const auto* again = std::get_if<TryAgain>(&verdict)) {
            ledger_.retry(key.id, again->error, again->due);
            spdlog::warn("key {} is not revoked yet, next try at {}: {}", key.id.text(), rfc3339(again->due),
                         again->error);
        } else {
            ledger_.revoked(key.id, std::get<Done>(verdict).how);
            spdlog::info("key {} revoked ({})", key.id.text(), std::get<Done>(verdict).how);
            drop_unused_accounts();
        }
    } catch (const Error& error) {
        trouble = error;
    }
    if (trouble) {  // the ledger cannot be written: the row stays due, and is taken up again after a pause
        spdlog::error("key {}: {}", key.id.text(), trouble->message());
        asio::steady_timer pause{executor_, after_trouble};
        co_await pause.async_wait(use_awaitable);
    }
}

void Janitor::revoke(const KeyId& key, const std::string& reason, const std::string& actor) {
    const std::optional<KeyRow> row = ledger_.key(key);
    if (!row || row->state == KeyState::revoked || row->state == KeyState::creating) return;
    if (row->state == KeyState::live) {
        ledger_.revoke(key, reason, now(), actor);
        if (on_revoking) on_revoking(*row, reason);
    } else {
        ledger_.hurry(key, now());  // asked for again: no need to wait for the back-off
    }
    wake();
}

Janitor::Awaited Janitor::awaited(const KeyId& key) {
    const std::optional<KeyRow> row = ledger_.key(key);
    return {key, row ? row->attempts : 0};
}

Task<bool> Janitor::first_answer(Awaited awaited, Duration limit) {
    const auto until = Signal::Clock::now() + limit;
    for (;;) {
        const std::optional<KeyRow> row = ledger_.key(awaited.key);
        if (!row || row->state == KeyState::revoked) co_return true;
        if (row->attempts > awaited.attempts || Signal::Clock::now() >= until) co_return false;
        co_await answered_.wait_until(until);
    }
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
}

}  // namespace eph
