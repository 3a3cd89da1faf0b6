// One attempt to revoke a key, from its account to what is recorded of it.
#include <algorithm>
#include <random>

#include <spdlog/spdlog.h>

#include "common/async/within.hpp"
#include "common/error.hpp"
#include "daemon/janitor/janitor.hpp"

namespace eph {
namespace {

constexpr auto longest_attempt = std::chrono::minutes{2};      // all its requests and pages
constexpr Duration without_account = std::chrono::seconds{1};  // what else waits for the same one need not all try

double jitter() {
    static thread_local std::minstd_rand generator{std::random_device{}()};
    return std::uniform_real_distribution<>{0.0, 1.0}(generator);
}

}  // namespace

Task<RevokeAnswer> Janitor::revoke_at_provider(const KeyRow& key) {
    AccountRef account;
    Failed without{"", std::nullopt};
    try {
        account = co_await accounts_.for_place(key.place, key.fingerprint, key.attempts);
    } catch (const Error& error) {
        without.error = error.message();
        without.waits_for_store = accounts_.configured(key.place);
    }
    if (!account) {
        without_account_[key.place] = now() + without_account;
        co_return without;
    }
    Task<RevokeAnswer> asking = openai_.revoke(account, key.service_account_id, key.name, key.next_name);
    const std::string sentence = fmt::format("{} did not come to an end with it within {} min",
                                             account->base.authority(), longest_attempt.count());
    std::optional<Error> given_up;
    try {
        co_return co_await within(longest_attempt, std::move(asking), sentence);
    } catch (const Error& error) {
        given_up = error;
    }
    co_return Failed{given_up->message(), std::nullopt};
}

Task<void> Janitor::attempt(KeyRow key) {
    // Whatever happens, also cancellation: the place in flight is given back and those who wait are told.
    struct Finished {
        Janitor& janitor;
        KeyId id;
        Place place;
        ~Finished() {
            janitor.in_flight_.erase(id);
            for (Cleaning& each : janitor.cleaning_) each.unanswered.erase(id);
            janitor.asking_.erase(place);
            janitor.answered_.notify();
            janitor.wake();
        }
    } finished{*this, key.id, key.place};

    std::optional<Error> trouble;
    try {
        const RevokeAnswer answer = co_await revoke_at_provider(key);
        if (const auto* failed = std::get_if<Failed>(&answer); failed != nullptr && failed->retry_after) {
            held_[key.place] = now() + hold_of(*failed->retry_after);
        }
        settle(key, next_step(key, answer, now(), jitter()));
        drop_unused_accounts();
    } catch (const Error& error) {
        trouble = error;
    }
    if (trouble) {  // the row stays due, and is taken up again after a pause
        spdlog::error("key {}: {}", key.id.text(), trouble->message());
        asio::steady_timer pause{executor_, after_ledger_trouble};
        co_await pause.async_wait(use_awaitable);
    }
}

// What hinders it, where its row does not know.
KeyRow Janitor::with_hindrance(KeyRow row) {
    if (row.state != KeyState::revoking) return row;
    const auto held = held_.find(row.place);
    if (held != held_.end() && held->second > now() && !in_flight_.contains(row.id)) {
        row.due = std::max(row.due.value_or(held->second), held->second);
        if (row.last_error.empty()) row.last_error = "the provider asked to slow down";
    } else if (row.last_error.empty()) {
        row.last_error = in_flight_.contains(row.id) ? "the provider has not answered yet" : "it waits for its turn";
    }
    return row;
}

}  // namespace eph
