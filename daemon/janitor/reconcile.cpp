// The ledger held against the provider's list: at start, hourly, and for eph cleanup (cleanup.cpp).
#include <algorithm>

#include <spdlog/spdlog.h>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/error.hpp"
#include "common/key_name.hpp"
#include "daemon/janitor/janitor.hpp"
#include "daemon/ledger/damage.hpp"

namespace eph {
namespace {

// Any provider can list any name. It cannot have another one's key deleted by that.
void leave_other_places(const Place& place, std::vector<Listed>& listed, std::map<std::string, KeyRow>& rows) {
    std::erase_if(listed, [&](const Listed& each) {
        const auto row = rows.find(each.name);
        if (row == rows.end() || may_speak_of(place, row->second)) return false;
        spdlog::warn("project {} at {} lists the name of key {}, which is project {}'s at {}: left alone",
                     place.project, place.base_url, row->second.id.text(), row->second.place.project,
                     row->second.place.base_url);
        return true;
    });
    std::erase_if(rows, [&](const auto& each) { return !may_speak_of(place, each.second); });
}

}  // namespace

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
    ledger_.adopt({{row, reason}});
    spdlog::info("key {} adopted from the provider's list: {}", row.id.text(), row.name);
    return row.id;
}

// Some in each transaction, and with whatever else is ready in between.
Task<void> Janitor::take_in(const AccountRef& account, std::vector<Found> found, Concerned& concerned) {
    constexpr std::size_t at_once = 100;
    std::vector<std::pair<KeyRow, std::string>> rows;
    for (std::size_t next = 0; next < found.size();) {
        for (; next < found.size() && rows.size() < at_once; ++next) {
            const auto& [listed, reason] = found[next];
            if (ledger_.key_by_name(listed->name)) continue;  // it came while others were taken in
            KeyRow row = row_of(account, *listed);
            row.id = KeyId::make();
            rows.emplace_back(std::move(row), reason);
        }
        ledger_.adopt(rows);
        for (const auto& [row, reason] : rows) {
            if (reason.empty()) {
                spdlog::info("key {} is kept until {}, as its name tells: {}", row.id.text(), rfc3339(row.deadline),
                             row.name);
                continue;
            }
            concerned.add(row.id);
            spdlog::info("key {} adopted from the provider's list: {}", row.id.text(), row.name);
        }
        rows.clear();
        wake();
        co_await asio::post(executor_, use_awaitable);
    }
}

// What is too much for one comparison waits for the next.
Task<void> Janitor::adopt_all(const AccountRef& account, const std::vector<Listed>& over, Timestamp began,
                              CleanupSum& sum, Concerned& concerned) {
    constexpr std::size_t most = 5000;
    const std::size_t count = std::min(over.size(), most);
    std::vector<Found> found;
    for (std::size_t i = 0; i < count; ++i)
        found.emplace_back(&over[i], parse_key_name(over[i].name)->until <= began ? "expired" : "asked");
    co_await take_in(account, std::move(found), concerned);
    if (over.size() > count) {
        sum.notes.push_back(fmt::format("{} more keys are over in project {}: run eph cleanup again",
                                        over.size() - count, account->place.project));
    }
}

Task<Plan> Janitor::plan_for(AccountRef account, bool all, Timestamp began) {
    std::vector<Listed> listed = co_await openai_.list(account);
    std::map<std::string, KeyRow> rows = rows_for(account->place, listed);
    leave_other_places(account->place, listed, rows);
    co_return eph::reconcile(listed, rows, began, now(), all);
}

Task<void> Janitor::reconcile(AccountRef account, bool all, CleanupSum& sum, Concerned& concerned) {
    const Timestamp began = now();
    const Comparing comparing{comparing_, account->place};
    const Plan plan = co_await plan_for(account, all, began);
    sum.listed += plan.listed;
    sum.left += plan.left;
    co_await adopt_all(account, plan.adopt, began, sum, concerned);
    co_await rebuild(account, plan.others, began, concerned);
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
Task<void> Janitor::rebuild(const AccountRef& account, const std::vector<Listed>& unknown, Timestamp began,
                            Concerned& concerned) {
    const std::set<std::string> ours = ledger_.lost_names(began);
    const std::optional<Timestamp> damaged = ledger_.damaged_at(account->place);
    std::vector<Found> found;
    for (const Listed& each : unknown) {
        const bool is_ours = ours.contains(name_ending(each.name));
        if (is_ours || damaged) found.emplace_back(&each, is_ours ? "ledger_damaged" : "");
    }
    co_await take_in(account, std::move(found), concerned);
    if (!damaged || ledger_.damaged_at(account->place) != damaged) co_return;  // or it was damaged again meanwhile
    // A creation that was under way may yet appear.
    if (began > *damaged + may_still_appear) ledger_.rebuilt(account->place);
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
        for (const AccountRef& account : accounts) reconcile_if_time(account);
        accounts.clear();  // none is kept for the hour that may come
        auto next = Signal::Clock::now() + longest;
        std::erase_if(next_reading_, [&](const auto& each) { return each.second <= Signal::Clock::now(); });
        for (const auto& [place, moment] : next_reading_) next = std::min(next, moment);
        if (!account_came_) co_await loaded_.wait_until(next);
        account_came_ = false;
    }
}

// Each place on its own: one whose list is long or slow keeps no other waiting.
void Janitor::reconcile_if_time(const AccountRef& account) {
    if (!account->makes_keys || reading_.contains(account->place)) return;  // no list there concerns anybody
    const auto last = next_reading_.find(account->place);
    if (last != next_reading_.end() && Signal::Clock::now() < last->second) return;
    reading_.insert(account->place);
    tasks_.spawn("comparing with project " + account->place.project, reconcile_in_turn(account));
}

Task<void> Janitor::reconcile_in_turn(AccountRef account) {
    constexpr auto usual = std::chrono::hours{1};
    constexpr auto again_soon = may_still_appear + std::chrono::seconds{5};  // it failed, or is not rebuilt yet
    struct Read {
        Janitor& janitor;
        Place place;
        Duration pause;
        ~Read() {
            janitor.reading_.erase(place);
            janitor.next_reading_[place] = Signal::Clock::now() + pause;
            janitor.loaded_.notify();
        }
    } read{*this, account->place, again_soon};
    CleanupSum sum;
    Concerned concerned;
    try {
        co_await reconcile(account, false, sum, concerned);
        if (!ledger_.damaged_at(account->place)) read.pause = usual;
    } catch (const Error& error) {
        spdlog::warn("cannot compare the ledger with project {}: {}", account->place.project, error.message());
    }
}

}  // namespace eph
