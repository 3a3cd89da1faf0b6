// eph cleanup: every account's list, everything in the ledger that is over, and an honest sum.
#include <algorithm>
#include <list>

#include "common/error.hpp"
#include "daemon/janitor/janitor.hpp"

namespace eph {
namespace {

constexpr Duration patience = std::chrono::minutes{10};
constexpr Duration for_another = std::chrono::minutes{4};  // together less than what eph waits for

}  // namespace

CleanupCount Janitor::cleanup_count() const {
    if (!cleaning_) return {};
    return {true, cleaning_->keys.size(), cleaning_->keys.size() - cleaning_->unanswered.size()};
}

Task<CleanupSum> Janitor::cleanup(CleanupOrder order, std::string actor) {
    CleanupSum sum;
    std::list<Comparing> comparing;
    for (const AccountRef& account : order.accounts) comparing.emplace_back(comparing_, account->place);
    if (order.dry_run) {
        co_await ask_accounts(order, sum);
        std::set<KeyId> known;
        for (const KeyRow& row : sum.would_revoke) known.insert(row.id);
        for (KeyRow& row : rows_for_cleanup(order)) {
            if (!known.contains(row.id)) sum.would_revoke.push_back(std::move(row));
        }
        co_return sum;
    }
    const auto until = Signal::Clock::now() + for_another;
    while (cleaning_) {
        if (Signal::Clock::now() >= until) {
            throw Error{Code::busy, "another cleanup still runs"}.hint("eph status shows what it is waiting for.");
        }
        co_await cleaned_.wait_until(until);
    }
    struct Running {
        Janitor& janitor;
        ~Running() {
            janitor.cleaning_.reset();
            janitor.cleaned_.notify();
        }
    };
    cleaning_.emplace();
    const Running running{*this};
    co_await clean_up(order, sum, std::move(actor));
    co_return sum;
}

Task<void> Janitor::clean_up(const CleanupOrder& order, CleanupSum& sum, std::string actor) {
    co_await ask_accounts(order, sum);
    for (const KeyRow& row : rows_for_cleanup(order)) {
        cleaning_->add(row.id);
        revoke(row.id, "asked", actor);
    }
    // What was settled before it was even waited for, be it in memory alone.
    std::erase_if(cleaning_->unanswered, [&](const KeyId& id) {
        const std::optional<KeyRow> row = this->row(id);
        return !row || row->state == KeyState::revoked;
    });
    const auto until = Signal::Clock::now() + patience;
    while (!cleaning_->unanswered.empty() && Signal::Clock::now() < until) co_await answered_.wait_until(until);
    count_outcomes(sum);
}

void Janitor::count_outcomes(CleanupSum& sum) {
    for (const KeyId& id : cleaning_->keys) {
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

// Each place once, by the first of its accounts that can.
Task<void> Janitor::ask_accounts(const CleanupOrder& order, CleanupSum& sum) {
    std::set<Place> asked;
    std::vector<std::pair<Place, std::string>> failures;
    for (const AccountRef& account : order.accounts) {
        if (asked.contains(account->place)) continue;
        std::optional<Error> failure;
        try {
            if (order.dry_run) {
                co_await preview(account, order.all, sum);
            } else {
                co_await reconcile(account, order.all, sum, *cleaning_);
            }
            asked.insert(account->place);
        } catch (const Error& error) {
            failure = error;
        }
        if (!failure) continue;
        if (order.accounts.size() == 1) throw Error{*failure};
        failures.emplace_back(account->place, fmt::format("account {} ({}): {}", account->name, account->place.project,
                                                          failure->message()));
    }
    for (auto& [place, note] : failures) {
        if (!asked.contains(place)) sum.notes.push_back(std::move(note));
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
