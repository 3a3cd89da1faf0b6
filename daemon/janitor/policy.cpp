// Retry times, verdicts, and the comparison of the provider's list with the ledger.
#include "daemon/janitor/policy.hpp"

#include <algorithm>
#include <set>

#include "common/key_name.hpp"

namespace eph {

Duration back_off(std::int64_t attempts, double jitter) {
    constexpr Duration first = std::chrono::seconds{1};
    constexpr Duration longest = std::chrono::minutes{5};
    const Duration whole =
        attempts >= 9 ? longest : std::min(longest, first * (std::int64_t{1} << std::max<std::int64_t>(attempts, 0)));
    return whole - std::chrono::duration_cast<Duration>(whole * (jitter / 2));
}

Duration hold_of(Duration asked) {
    constexpr Duration longest = std::chrono::minutes{10};
    return std::min(asked, longest);
}

Verdict next_step(const KeyRow& key, const RevokeAnswer& answer, Timestamp now, double jitter) {
    constexpr Duration store_is_back_soon = std::chrono::seconds{30};
    const auto* missing = std::get_if<Failed>(&answer);
    const Duration longest = missing != nullptr && missing->waits_for_store ? store_is_back_soon : Duration::max();
    const Duration pause = std::min(back_off(key.attempts, jitter), longest);
    if (const auto* failure = std::get_if<Failed>(&answer)) {
        return TryAgain{now + std::max(pause, hold_of(failure->retry_after.value_or(Duration{0}))), failure->error};
    }
    if (std::holds_alternative<Confirmed>(answer)) return Done{"confirmed"};
    if (key.unproven_until && now < *key.unproven_until) {
        return TryAgain{std::min(now + pause, *key.unproven_until),
                        "its creation was never answered; looking for it until it cannot appear any more"};
    }
    return Done{"already gone"};
}

bool may_speak_of(const Place& place, const KeyRow& key) {
    if (key.state == KeyState::revoked) return key.place == place;
    return key.place.provider == place.provider && key.place.project == place.project;
}

Plan reconcile(const std::vector<Listed>& listed, const std::map<std::string, KeyRow>& rows, Timestamp listing_began,
               Timestamp now, bool all) {
    Plan plan;
    std::map<std::string, int> times;
    for (const Listed& each : listed) ++times[each.name];
    std::set<std::string> done;
    std::set<KeyId> known;  // by whichever of their names
    for (const Listed& each : listed) {
        const auto name = parse_key_name(each.name);
        if (!name || !done.insert(each.name).second) continue;
        const auto row = rows.find(each.name);
        if (row != rows.end() && !known.insert(row->second.id).second) continue;
        ++plan.listed;
        const std::string id = times[each.name] > 1 ? "" : each.id;  // several of one name go by their name
        if (row == rows.end()) {
            if (all || name->until <= now) {
                plan.adopt.push_back(each);
                plan.adopt.back().id = id;
            } else {
                plan.others.push_back(each);
                ++plan.left;
            }
            continue;
        }
        switch (row->second.state) {
            case KeyState::revoked: {
                // Revoked while the list was being read: what the list says is older, unless it shows another account
                // than the one that was deleted. A moment that is yet to come was recorded by a clock that has been set
                // back since, and says nothing.
                const auto revoked = row->second.revoked;
                const bool another = id != row->second.service_account_id;
                if (another || !revoked || *revoked < listing_began || *revoked > now)
                    plan.revive.emplace_back(row->second.id, id);
                break;
            }
            case KeyState::creating:
            case KeyState::revoking:
                break;  // under way
            case KeyState::live:
                if (all) {
                    plan.revoke.push_back(row->second.id);
                } else if (row->second.deadline > now) {
                    ++plan.left;
                }
                break;
        }
    }
    for (const auto& [name, row] : rows) {
        // The margin is for a provider whose list lags behind its own answers.
        constexpr Duration lag = std::chrono::minutes{1};
        if (row.state == KeyState::live && name == row.name && !known.contains(row.id) &&
            row.created + lag < listing_began)
            plan.maybe_gone.push_back(row.id);
    }
    return plan;
}

bool is_for_cleanup(const KeyRow& key, Timestamp now, bool all) {
    switch (key.state) {
        case KeyState::creating:  // its creator's to finish, or to give up
        case KeyState::revoked:
            return false;
        case KeyState::revoking:
            return true;
        case KeyState::live:
            return all || key.deadline <= now;
    }
    return false;
}

}  // namespace eph
