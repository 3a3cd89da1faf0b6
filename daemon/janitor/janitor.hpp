// Revokes what is due, until the provider confirms; compares the ledger with the provider's list.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/async/signal.hpp"
#include "daemon/accounts/accounts.hpp"
#include "daemon/async/task_group.hpp"
#include "daemon/async/wall_timer.hpp"
#include "daemon/janitor/policy.hpp"
#include "daemon/ledger/ledger.hpp"
#include "daemon/providers/openai.hpp"

namespace eph {

struct CleanupSum {
    std::int64_t listed = 0;
    std::int64_t revoked = 0;
    std::int64_t already_gone = 0;
    std::int64_t left = 0;
    std::vector<KeyRow> pending;
};

class Janitor {
public:
    Janitor(asio::any_io_executor executor, Ledger& ledger, Accounts& accounts, OpenAi& openai, TaskGroup& tasks);

    Task<void> run();  // until cancelled: one timer, armed at the next due moment
    Task<void> reconcile_hourly();

    void wake() { timer_.poke(); }

    // Records that the key is to go and starts at once. A key that is still being created is its creator's to revoke.
    void revoke(const KeyId& key, const std::string& reason, const std::string& actor);

    // A key whose revocation somebody waits for, and how many attempts it had failed by then.
    struct Awaited {
        KeyId key;
        std::int64_t attempts = 0;
    };
    Awaited awaited(const KeyId& key);

    // True once the key is revoked; false when a further attempt failed, or `limit` has passed.
    Task<bool> first_answer(Awaited awaited, Duration limit);

    // Takes a key that only the provider knows, with a name of ours, into the ledger: it is revoked like any other.
    KeyId adopt(const AccountRef& account, const Listed& listed, const std::string& reason);

    // Reads all pages of the account's list and acts on it; returns the keys that are being revoked because of it.
    Task<std::vector<Awaited>> reconcile(AccountRef account, bool all, CleanupSum& sum);

    // Reconciles, and waits until each key concerned was confirmed, gone or failed once.
    Task<CleanupSum> cleanup(AccountRef account, bool all, std::string actor);

    // An account from a client's environment is kept for as long as keys made with it are live.
    void drop_unused_accounts();

    Task<bool> idle(Duration limit);  // at shutdown: no attempt in flight

    // A key that stops being live, for whatever reason: its session has to know.
    std::function<void(const KeyRow&, const std::string& reason)> on_revoking;

private:
    std::optional<Timestamp> start_due();
    Task<void> attempt(KeyRow key);
    Task<void> settle_gone(AccountRef account, std::vector<KeyId> candidates);
    std::map<std::string, KeyRow> rows_for(const Place& place, const std::vector<Listed>& listed);
    asio::any_io_executor executor_;
    Ledger& ledger_;
    Accounts& accounts_;
    OpenAi& openai_;
    TaskGroup& tasks_;
    WallTimer timer_;
    Signal answered_;
    std::set<KeyId> in_flight_;
    std::map<Place, Timestamp> held_;  // a place that asked to slow down, and until when
};

}  // namespace eph
