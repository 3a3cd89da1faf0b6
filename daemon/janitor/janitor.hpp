// Revokes what is due, until the provider confirms; compares the ledger with the provider's list.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/async/signal.hpp"
#include "common/error.hpp"
#include "daemon/accounts/accounts.hpp"
#include "daemon/async/task_group.hpp"
#include "daemon/async/wall_timer.hpp"
#include "daemon/janitor/policy.hpp"
#include "daemon/ledger/ledger.hpp"
#include "daemon/providers/openai.hpp"

namespace eph {

struct CleanupOrder {
    std::vector<AccountRef> accounts;
    bool every_place = false;  // also what the ledger knows of places that none of these accounts has
    bool all = false;          // also what is not over
    bool dry_run = false;
};

struct CleanupSum {
    std::int64_t listed = 0;
    std::int64_t revoked = 0;
    std::int64_t already_gone = 0;
    std::int64_t left = 0;
    std::vector<KeyRow> pending;
    std::vector<KeyRow> would_revoke;  // of a dry run; without an id: only the provider knows it
    std::vector<std::string> notes;    // accounts that could not be asked
};

struct CleanupCount {
    bool running = false;
    std::size_t total = 0;
    std::size_t done = 0;  // confirmed, gone, or failed once
};

// What the ledger would say of a key that only the provider knows, with a name of ours.
KeyRow row_of(const AccountRef& account, const Listed& listed);

class Janitor {
public:
    Janitor(asio::any_io_executor executor, Ledger& ledger, Accounts& accounts, OpenAi& openai, TaskGroup& tasks);

    Task<void> run();  // until cancelled: one timer, armed at the next due moment
    Task<void> reconcile_hourly();

    void wake() { timer_.poke(); }
    void account_loaded(const Place& place);  // all that waited for it goes on, and its list is read if it is time

    // Records that the key is to go and starts at once. A key that is still being created is its creator's to revoke.
    void revoke(const KeyId& key, const std::string& reason, const std::string& actor);

    // The same where the ledger could not record it: from memory, until it can be. Said in the log.
    void revoke_unrecorded(KeyRow key, const std::string& reason, const Error& why);
    std::size_t unrecorded() const { return unrecorded_.size(); }
    std::optional<KeyRow> row(const KeyId& key);  // as it is, which the ledger may not know yet

    // For people: with the reason why it is not revoked yet, and when it is tried next.
    KeyRow with_hindrance(KeyRow row);

    // A creation that the account's provider has refused: its list is read soon, lest it was made all the same.
    void doubt(AccountRef account);

    // What belongs to a ledger that was damaged is over; the lists are read again.
    void start_anew();

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

    // Reconciles every account of the order, and waits until each key concerned was confirmed, gone or failed once, or
    // its place asked for a longer wait. One at a time for a place: a second one waits for the first. Throws what a
    // single account said; several that cannot be asked are notes.
    Task<CleanupSum> cleanup(CleanupOrder order, std::string actor);
    CleanupCount cleanup_count() const;

    // An account from a client's environment is kept for as long as keys made with it are live.
    void drop_unused_accounts();

    Task<bool> idle(Duration limit);  // at shutdown: no attempt in flight

    // A key that stops being live, for whatever reason: its session has to know.
    std::function<void(const KeyRow&, const std::string& reason)> on_revoking;

private:
    static constexpr Duration longest_wait_of_people = std::chrono::seconds{15};
    static constexpr std::size_t most_in_flight = 16;
    static constexpr std::size_t always_for_a_place = 4;  // whatever others take up: theirs may answer nothing

    // What a comparison with the provider's list has set going.
    struct Concerned {
        std::set<KeyId> keys;
        std::set<KeyId> unanswered;
        void add(const KeyId& key) {
            if (keys.insert(key).second) unanswered.insert(key);
        }
    };

    // What only the provider knows, and why it is over; "": it is not, and is kept.
    using Found = std::pair<const Listed*, std::string>;

    // A place of a cleanup, and what came of it.
    struct PlaceAsked {
        std::vector<AccountRef> accounts;
        bool done = false;  // one of them could be asked
        CleanupSum sum;
        std::vector<Error> failures;  // of the accounts that were asked in vain, in their order
        void add_to(CleanupSum& all);
    };

    struct Cleaning : Concerned {
        std::set<Place> places;
        bool every_place = false;
    };

    // A place whose list is being read: what that finds needs its account, though no row may need it now.
    class Comparing {
    public:
        Comparing(std::multiset<Place>& all, const Place& place) : all_(all), own_(all.insert(place)) {}
        ~Comparing() { all_.erase(own_); }
        Comparing(const Comparing&) = delete;
        Comparing& operator=(const Comparing&) = delete;

    private:
        std::multiset<Place>& all_;
        std::multiset<Place>::iterator own_;
    };

    Task<Plan> plan_for(AccountRef account, bool all, Timestamp began);
    // Reads all pages of the account's list and acts on it.
    Task<void> reconcile(AccountRef account, bool all, CleanupSum& sum, Concerned& concerned);
    Task<void> take_in(const AccountRef& account, std::vector<Found> found, Concerned& concerned);
    Task<void> adopt_all(const AccountRef& account, const std::vector<Listed>& over, Timestamp began, CleanupSum& sum,
                         Concerned& concerned);
    Task<void> rebuild(const AccountRef& account, const std::vector<Listed>& unknown, Timestamp began,
                       Concerned& concerned);
    void reconcile_if_time(const AccountRef& account);
    Task<void> reconcile_in_turn(AccountRef account);
    Task<void> look_again(AccountRef account);
    Task<void> preview(AccountRef account, bool all, CleanupSum& sum);
    Task<void> wait_for_other_cleanups(const CleanupOrder& order, const std::set<Place>& places);
    Task<void> ask_accounts(const CleanupOrder& order, CleanupSum& sum, Concerned& concerned);
    Task<void> ask_in_turn(const CleanupOrder& order, std::vector<PlaceAsked>& places, std::size_t& next,
                           Concerned& concerned);
    Task<void> ask_place(const CleanupOrder& order, PlaceAsked& place, Concerned& concerned);
    std::vector<KeyRow> rows_for_cleanup(const CleanupOrder& order);
    Task<void> clean_up(const CleanupOrder& order, CleanupSum& sum, Cleaning& cleaning, std::string actor);
    void end_long_hold(const Place& place);
    bool is_held_for_long(const KeyId& id);
    void count_outcomes(CleanupSum& sum, const Cleaning& cleaning);

    void mind_clock();
    std::optional<Timestamp> look();
    void wake_those_with_account(Timestamp at);
    bool end_overdue(Timestamp at);
    std::optional<Timestamp> resting_until(const Place& place, Timestamp at);
    std::optional<Timestamp> go_on_unrecorded(Timestamp at);
    void record_what_can_be();
    void settle(const KeyRow& key, const Verdict& verdict);
    std::optional<Timestamp> start_revoking(Timestamp at);
    bool has_room(const Place& place) const;
    bool start(KeyRow key);
    Task<void> attempt(KeyRow key);
    Task<std::int64_t> settle_gone(AccountRef account, std::vector<KeyId> candidates);
    Task<RevokeAnswer> revoke_at_provider(const KeyRow& key);
    std::map<std::string, KeyRow> rows_for(const Place& place, const std::vector<Listed>& listed);

    asio::any_io_executor executor_;
    Ledger& ledger_;
    Accounts& accounts_;
    OpenAi& openai_;
    TaskGroup& tasks_;
    WallTimer timer_;
    Timestamp looked_{};                     // at the clock, the last time,
    Signal::Clock::time_point looked_when_;  // and when that was, by one that nobody sets
    Signal answered_;
    std::map<KeyId, Place> in_flight_;
    std::map<KeyId, KeyRow> unrecorded_;  // revoking or revoked; the ledger does not know it yet (unrecorded.cpp)
    Signal::Clock::time_point record_again_;
    std::set<Place> came_;                        // an account for it came: what waits for it is due
    std::map<Place, Timestamp> held_;             // a place that asked to slow down, and until when
    std::map<Place, Timestamp> without_account_;  // the same where there was no account
    std::list<Cleaning> cleaning_;                // the cleanups that run
    Signal cleaned_;
    // Places whose store is being asked: one attempt waits for it, lest those of all its keys take up the room.
    std::set<Place> asking_;
    std::multiset<Place> comparing_;
    std::set<Place> reading_;  // for the hourly comparison
    std::set<Place> doubted_;
    Signal loaded_;  // an account
    bool account_came_ = false;
    std::map<Place, Signal::Clock::time_point> next_reading_;  // of its list
};

}  // namespace eph
