// Revocations that the ledger cannot record, since its disk is full or fails: they go on from memory, and what becomes
// of them is recorded as soon as that is possible. The wall comes before the book.
#include <spdlog/spdlog.h>

#include "common/error.hpp"
#include "daemon/janitor/janitor.hpp"

namespace eph {

void Janitor::revoke_unrecorded(KeyRow key, const std::string& reason, const Error& why) {
    if (key.state == KeyState::revoked || unrecorded_.contains(key.id)) return;
    if (key.state != KeyState::revoking) key.reason = reason;
    key.state = KeyState::revoking;
    key.due = now();
    spdlog::error("key {} is being revoked ({}), though that cannot be recorded yet: {}", key.id.text(), reason,
                  why.message());
    unrecorded_.emplace(key.id, std::move(key));
    record_again_ = Signal::Clock::now() + after_ledger_trouble;
    wake();
}

std::optional<KeyRow> Janitor::row(const KeyId& key) {
    if (const auto found = unrecorded_.find(key); found != unrecorded_.end()) return found->second;
    return ledger_.key(key);
}

// Records what it can, and starts what is due of the rest. Returns when to look again.
std::optional<Timestamp> Janitor::go_on_unrecorded(Timestamp at) {
    if (unrecorded_.empty() && !ledger_.trouble()) return std::nullopt;
    if (Signal::Clock::now() >= record_again_) record_what_can_be();
    if (unrecorded_.empty() && !ledger_.trouble()) return at;
    for (const auto& [id, key] : unrecorded_) {
        if (key.state == KeyState::revoked || in_flight_.contains(id) || asking_.contains(key.place)) continue;
        if (!has_room(key.place)) continue;
        if (*key.due > at || resting_until(key.place, at)) continue;
        (void)start(key);
    }
    return at + std::chrono::seconds{1};
}

void Janitor::record_what_can_be() {
    const std::size_t before = unrecorded_.size();
    try {
        ledger_.try_to_write();
        while (!unrecorded_.empty()) {
            ledger_.catch_up(unrecorded_.begin()->second);
            unrecorded_.erase(unrecorded_.begin());
        }
        spdlog::info("the ledger can be written again; {} keys are recorded that had to wait", before);
        answered_.notify();
    } catch (const Error& error) {
        record_again_ = Signal::Clock::now() + after_ledger_trouble;
        spdlog::error("{} keys wait to be recorded: {}", unrecorded_.size(), error.message());
    }
}

// What came of an attempt.
void Janitor::settle(const KeyRow& key, const Verdict& verdict) {
    const auto* again = std::get_if<TryAgain>(&verdict);
    if (again != nullptr) {
        spdlog::warn("key {} is not revoked yet, next try at {}: {}", key.id.text(), rfc3339(again->due), again->error);
    } else {
        spdlog::info("key {} revoked ({})", key.id.text(), std::get<Done>(verdict).how);
    }
    const bool was_recorded = !unrecorded_.contains(key.id);
    if (was_recorded) {
        try {
            if (again != nullptr) {
                ledger_.retry(key.id, again->error, again->due);
            } else {
                ledger_.revoked(key.id, std::get<Done>(verdict).how);
            }
            return;
        } catch (const Error& error) {
            revoke_unrecorded(key, key.reason, error);
        }
    }
    KeyRow& row = unrecorded_.at(key.id);
    if (again != nullptr) {
        ++row.attempts;
        row.last_error = again->error;
        row.due = again->due;
    } else {
        row.state = KeyState::revoked;
        row.revoked = now();
        row.outcome = std::get<Done>(verdict).how;
    }
}

}  // namespace eph
