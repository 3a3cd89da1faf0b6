// The ledger held against the provider's list: at start, hourly, and for eph cleanup (cleanup.cpp).
#include <algorithm>

#include <boost/asio/steady_timer.hpp>
#include <spdlog/spdlog.h>

#include "common/error.hpp"
#include "common/key_name.hpp"
#include "daemon/janitor/janitor.hpp"
#include "daemon/ledger/damage.hpp"

namespace eph {

std::map<std::string, KeyRow> Janitor::rows_for(const Place& place, const std::vector<Listed>& listed) {
    std::map<std::string, KeyRow> rows;
    for (KeyRow& row : ledger_.unsettled_keys()) {
        if (row.place != place) continue;
        rows.emplace(row.name, row);
        if (!row.next_name.empty()) rows.emplace(row.next_name, row);  // it may have either
    }
    for (const Listed& each : listed) {
        if (!each.name.starts_with("eph-") || rows.contains(each.name)) continue;
        // By whatever way it was made: the same project may be reached at several base URLs.
        if (auto row = ledger_.key_by_name(each.name)) rows.emplace(each.name, std::move(*row));
    }
    return rows;
}

KeyRow row_of(const AccountRef& account, const Listed& listed) {
    const KeyName name = parse_key_name(listed.name).value();
    KeyRow row;
    row.name = listed.name;
    row.state = KeyState::live;
    row.place = account->place;
    row.fingerprint = account->fingerprint;
    row.label = name.label;
    row.created = listed.created.value_or(name.from.value_or(now()));
    row.deadline = name.until;
    row.service_account_id = listed.id;
    return row;
}

KeyId Janitor::adopt(const AccountRef& account, const Listed& listed, const std::string& reason) {
    KeyRow row = row_of(account, listed);
    row.id = KeyId::make();
    ledger_.adopt(row, reason);
    spdlog::info("key {} adopted from the provider's list: {}", row.id.text(), row.name);
    return row.id;
}

Task<Plan> Janitor::plan_for(AccountRef account, bool all, Timestamp began) {
    const std::vector<Listed> listed = co_await openai_.list(account);
    co_return eph::reconcile(listed, rows_for(account->place, listed), began, now(), all);
}

Task<void> Janitor::reconcile(AccountRef account, bool all, CleanupSum& sum, Concerned& concerned) {
    const Timestamp began = now();
    const Comparing comparing{comparing_, account->place};
    const Plan plan = co_await plan_for(account, all, began);
    sum.listed += plan.listed;
    sum.left += plan.left;
    for (const Listed& each : plan.adopt) {
        concerned.add(adopt(account, each, parse_key_name(each.name)->until <= began ? "expired" : "asked"));
    }
    rebuild(account, plan.others, began, concerned);
    for (const auto& [key, id] : plan.revive) {
        ledger_.revive(key, id);
        spdlog::warn("key {} was recorded as revoked but is at the provider: revoking it again", key.text());
        concerned.add(key);
    }
    for (const KeyId& key : plan.revoke) {
        concerned.add(key);
        revoke(key, "asked", "cleanup");
    }
    wake();
    sum.already_gone += co_await settle_gone(account, plan.maybe_gone);
}

// What a damaged ledger had. Names that its bytes still tell are certainly of this machine: their sessions are over.
// What else is not over may be another machine's, or of ours: it lives until the end that its name tells.
void Janitor::rebuild(const AccountRef& account, const std::vector<Listed>& unknown, Timestamp began,
                      Concerned& concerned) {
    const std::set<std::string> ours = ledger_.lost_names(began);
    const std::optional<Timestamp> damaged = ledger_.damaged_at(account->place);
    for (const Listed& each : unknown) {
        if (ours.contains(name_ending(each.name))) {
            concerned.add(adopt(account, each, "ledger_damaged"));
        } else if (damaged) {
            KeyRow row = row_of(account, each);
            row.id = KeyId::make();
            ledger_.keep(row);
            spdlog::info("key {} is kept until {}, as its name tells: {}", row.id.text(), rfc3339(row.deadline),
                         row.name);
        }
    }
    // A creation that was under way may yet appear.
    if (damaged && began > *damaged + may_still_appear) ledger_.rebuilt(account->place);
}

void Janitor::start_anew() {
    next_reading_.clear();
    account_came_ = true;
    loaded_.notify();
    wake();
}

// A page that shifted while it was read can hide an account, so each is asked for by its own id before it counts as
// gone. Returns how many are.
Task<std::int64_t> Janitor::settle_gone(AccountRef account, std::vector<KeyId> candidates) {
    std::int64_t gone = 0;
    for (const KeyId& id : candidates) {
        const std::optional<KeyRow> row = ledger_.key(id);
        if (!row || row->state != KeyState::live) continue;
        if (row->service_account_id.empty()) continue;
        const bool still_there = co_await openai_.exists(account, row->service_account_id);
        if (still_there) continue;
        ++gone;
        ledger_.revoked(id, "gone at the provider");
        spdlog::warn("key {} is gone at the provider, though nobody here revoked it", id.text());
        if (on_revoking) on_revoking(*row, "gone_at_provider");
        answered_.notify();
    }
    co_return gone;
}

void Janitor::doubt(AccountRef account) {
    if (!doubted_.insert(account->place).second) return;
    tasks_.spawn("looking for what was refused, and made", look_again(std::move(account)));
}

// Once for all that is refused meanwhile. What an ephd that ends now has not seen, the next one's start will.
Task<void> Janitor::look_again(AccountRef account) {
    constexpr auto soon = std::chrono::seconds{15};
    asio::steady_timer pause{executor_, soon};
    co_await pause.async_wait(use_awaitable);
    doubted_.erase(account->place);
    CleanupSum sum;
    Concerned concerned;
    try {
        co_await reconcile(account, false, sum, concerned);
    } catch (const Error& error) {
        spdlog::warn("cannot compare the ledger with project {}: {}", account->place.project, error.message());
    }
}

// Each account's list is read when its key is first at hand, and hourly from then on. No store is asked for that alone.
Task<void> Janitor::reconcile_hourly() {
    constexpr auto longest = std::chrono::hours{1};
    for (;;) {
        std::vector<AccountRef> accounts;
        try {
            accounts = accounts_.loaded();
        } catch (const Error& error) {
            spdlog::error("reconciling: {}", error.message());
        }
        for (const AccountRef& account : accounts) co_await reconcile_if_time(account);
        accounts.clear();  // none is kept for the hour that may come
        auto next = Signal::Clock::now() + longest;
        std::erase_if(next_reading_, [&](const auto& each) { return each.second <= Signal::Clock::now(); });
        for (const auto& [place, moment] : next_reading_) next = std::min(next, moment);
        if (!account_came_) co_await loaded_.wait_until(next);
        account_came_ = false;
    }
}

Task<void> Janitor::reconcile_if_time(AccountRef account) {
    constexpr auto usual = std::chrono::hours{1};
    constexpr auto again_soon = may_still_appear + std::chrono::seconds{5};  // it failed, or is not rebuilt yet
    if (!account->makes_keys) co_return;                                     // no list there concerns anybody
    const auto last = next_reading_.find(account->place);
    if (last != next_reading_.end() && Signal::Clock::now() < last->second) co_return;
    next_reading_[account->place] = Signal::Clock::now() + again_soon;
    CleanupSum sum;
    Concerned concerned;
    try {
        co_await reconcile(account, false, sum, concerned);
        if (!ledger_.damaged_at(account->place)) next_reading_[account->place] = Signal::Clock::now() + usual;
    } catch (const Error& error) {
        spdlog::warn("cannot compare the ledger with project {}: {}", account->place.project, error.message());
    }
}

}  // namespace eph
