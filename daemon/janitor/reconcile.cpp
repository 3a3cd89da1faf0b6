// The ledger held against the provider's list: at start, hourly, and for eph cleanup.
#include <algorithm>

#include <spdlog/spdlog.h>

#include "common/error.hpp"
#include "common/key_name.hpp"
#include "daemon/janitor/janitor.hpp"

namespace eph {

std::map<std::string, KeyRow> Janitor::rows_for(const Place& place, const std::vector<Listed>& listed) {
    std::map<std::string, KeyRow> rows;
    for (KeyRow& row : ledger_.unsettled_keys()) {
        if (row.place == place) rows.emplace(row.name, row);
    }
    for (const Listed& each : listed) {
        if (!each.name.starts_with("eph-") || rows.contains(each.name)) continue;
        // By whatever way it was made: the same project may be reached at several base URLs.
        if (auto row = ledger_.key_by_name(each.name)) rows.emplace(each.name, std::move(*row));
    }
    return rows;
}

KeyId Janitor::adopt(const AccountRef& account, const Listed& listed, const std::string& reason) {
    const KeyName name = parse_key_name(listed.name).value();
    KeyRow row;
    row.id = KeyId::make();
    row.name = listed.name;
    row.place = account->place;
    row.fingerprint = account->fingerprint;
    row.label = name.label;
    row.created = listed.created.value_or(name.from.value_or(now()));
    row.deadline = name.until;
    row.service_account_id = listed.id;
    ledger_.adopt(row, reason);
    spdlog::info("key {} adopted from the provider's list: {}", row.id.text(), row.name);
    return row.id;
}

Task<std::vector<Janitor::Awaited>> Janitor::reconcile(AccountRef account, bool all, CleanupSum& sum) {
    const Timestamp began = now();
    const std::vector<Listed> listed = co_await openai_.list(account);
    const Plan plan = eph::reconcile(listed, rows_for(account->place, listed), began, now(), all);
    sum.listed = plan.listed;
    sum.left = plan.left;

    std::vector<Awaited> concerned;
    for (const Listed& each : plan.adopt) {
        concerned.push_back({adopt(account, each, parse_key_name(each.name)->until <= began ? "expired" : "asked"), 0});
    }
    for (const auto& [key, id] : plan.revive) {
        ledger_.revive(key, id);
        spdlog::warn("key {} was recorded as revoked but is at the provider: revoking it again", key.text());
        concerned.push_back(awaited(key));
    }
    for (const KeyId& key : plan.revoke) {
        concerned.push_back(awaited(key));
        revoke(key, "asked", "cleanup");
    }
    wake();
    co_await settle_gone(account, plan.maybe_gone);
    co_return concerned;
}

// A page that shifted while it was read can hide an account, so each is asked for by its own id before it counts as
// gone.
Task<void> Janitor::settle_gone(AccountRef account, std::vector<KeyId> candidates) {
    for (const KeyId& id : candidates) {
        const std::optional<KeyRow> row = ledger_.key(id);
        if (!row || row->state != KeyState::live) continue;
        if (row->service_account_id.empty()) continue;
        const bool still_there = co_await openai_.exists(account, row->service_account_id);
        if (still_there) continue;
        ledger_.revoked(id, "gone at the provider");
        spdlog::warn("key {} is gone at the provider, though nobody here revoked it", id.text());
        if (on_revoking) on_revoking(*row, "gone_at_provider");
        answered_.notify();
    }
}

Task<void> Janitor::reconcile_hourly() {
    for (;;) {
        for (const AccountRef& account : accounts_.loaded()) {
            CleanupSum sum;
            try {
                co_await reconcile(account, false, sum);
            } catch (const Error& error) {
                spdlog::warn("cannot compare the ledger with project {}: {}", account->place.project, error.message());
            }
        }
        asio::steady_timer pause{executor_, std::chrono::hours{1}};
        co_await pause.async_wait(use_awaitable);
    }
}

Task<CleanupSum> Janitor::cleanup(AccountRef account, bool all, std::string actor) {
    constexpr Duration patience = std::chrono::minutes{10};
    CleanupSum sum;
    std::vector<Awaited> concerned = co_await reconcile(account, all, sum);
    std::set<KeyId> known;
    for (const Awaited& each : concerned) known.insert(each.key);
    for (const KeyRow& row : ledger_.unsettled_keys()) {
        const bool under_way = row.state == KeyState::revoking;
        const bool over = all || row.deadline <= now();
        if (row.place != account->place || row.state == KeyState::creating || (!under_way && !over)) continue;
        if (known.insert(row.id).second) concerned.push_back({row.id, row.attempts});
        revoke(row.id, "asked", actor);
    }
    for (const Awaited& each : concerned) co_await first_answer(each, patience);
    for (const Awaited& each : concerned) {
        std::optional<KeyRow> row = ledger_.key(each.key);
        if (!row) continue;
        if (row->state != KeyState::revoked) {
            sum.pending.push_back(std::move(*row));
        } else if (row->outcome == "confirmed") {
            ++sum.revoked;
        } else {
            ++sum.already_gone;
        }
    }
    co_return sum;
}

}  // namespace eph
