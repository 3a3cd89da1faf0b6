// The ledger held against the provider's list: at start, hourly, and for eph cleanup (cleanup.cpp).
#include <algorithm>

#include <spdlog/spdlog.h>

#include "common/error.hpp"
#include "common/key_name.hpp"
#include "daemon/janitor/janitor.hpp"

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

// Each account's list is read when its key is first at hand, and hourly from then on. No store is asked for that alone.
Task<void> Janitor::reconcile_hourly() {
    constexpr auto hour = std::chrono::hours{1};
    std::map<Place, Signal::Clock::time_point> read;
    for (;;) {
        for (const AccountRef& account : accounts_.loaded()) {
            if (!account->makes_keys) continue;  // no list there concerns anybody
            const auto last = read.find(account->place);
            if (last != read.end() && Signal::Clock::now() < last->second + hour) continue;
            read[account->place] = Signal::Clock::now();
            CleanupSum sum;
            Concerned concerned;
            try {
                co_await reconcile(account, false, sum, concerned);
            } catch (const Error& error) {
                spdlog::warn("cannot compare the ledger with project {}: {}", account->place.project, error.message());
            }
        }
        auto next = Signal::Clock::now() + hour;
        std::erase_if(read, [&](const auto& each) { return each.second + hour <= Signal::Clock::now(); });
        for (const auto& [place, moment] : read) next = std::min(next, moment + hour);
        if (!account_came_) co_await loaded_.wait_until(next);
        account_came_ = false;
    }
}

}  // namespace eph
