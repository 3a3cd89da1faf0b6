// One session: a credential, a deadline, and the lease that keeps it alive.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/accounts/accounts.hpp"
#include "daemon/async/places.hpp"
#include "daemon/async/task_group.hpp"
#include "daemon/async/wall_timer.hpp"
#include "daemon/janitor/janitor.hpp"
#include "daemon/ledger/ledger.hpp"
#include "daemon/providers/openai.hpp"
#include "daemon/sessions/lease.hpp"

namespace eph {

struct SessionRequest {
    std::string host;
    std::string agent;
    std::string label;  // "": the host
    std::optional<Duration> ttl;
    std::vector<std::string> scopes = {};  // none: all that a service account may do
    SessionId id = {};                     // where its endpoint was named first
    std::optional<BrokerRow> broker = {};  // through the broker: its key, if one is made, stays here
};

struct IssuedKey {
    KeyRow key;
    Secret secret;
    std::string note;
};

struct StartedSession {
    IssuedKey issued;
    std::shared_ptr<Lease> lease;
};

// The provider's own expiry comes this much later than the deadline.
inline constexpr Duration provider_slack = std::chrono::minutes{1};

class Sessions {
public:
    Sessions(asio::any_io_executor executor, Ledger& ledger, Accounts& accounts, OpenAi& openai, Janitor& janitor,
             TaskGroup& tasks, std::size_t most_creations);

    // A key without a session: it lives until its deadline or until it is asked to go.
    Task<IssuedKey> issue(AccountRef account, SessionRequest request, std::string actor);

    // A key and a session whose lease the caller holds from now on. Throws what the provider said; nothing is left
    // then.
    Task<StartedSession> start(AccountRef account, SessionRequest request, std::string actor);

    // A session for which no key is made, since its credential is the person's own, or the account's through the
    // broker; else like any other.
    std::shared_ptr<Lease> start_without_key(std::string provider, SessionRequest request, std::string actor);

    // A later end for a session and its key, at the provider and in the ledger, or an Error and the old end. Throws
    // Error{usage} that says how much is possible, Error{session_over}, Error{busy}, or what the provider said.
    Task<SessionRow> extend(SessionId session, Duration by, std::string actor);

    // Another key for a session through the broker whose own was lost with the ephd that had made it, and which is then
    // revoked. Throws Error{session_over}, or what the provider said; the session stays what it was.
    Task<IssuedKey> replace_key(SessionId session);

    // Until cancelled: warns clients of the end, and ends sessions without a key at their deadline.
    Task<void> watch();

    // After a restart: the sessions of the ledger wait for their clients for a grace time.
    void resume();

    // Takes the lease up. Throws Error{session_over} or Error{not_found}.
    std::shared_ptr<Lease> hold(const SessionId& session);
    std::uint64_t take(Lease& lease);  // the caller is the holder now; give it back with the number
    void release(const SessionId& session, std::uint64_t holder);  // the connection closed: the session is over

    // Ends a session and revokes its key. Ending what has ended is no error.
    void end(const SessionId& session, const std::string& reason, std::optional<std::int64_t> exit_status,
             const std::string& actor);

    // The key stopped being live for a reason of its own: deadline, revoked by name, gone.
    void key_over(const KeyRow& key, const std::string& reason);

    // Something for the client to hear, if the session lives.
    void tell(const SessionId& session, const char* event, const std::string& reason);

    // A session is over from this moment on.
    std::function<void(const SessionId&)> on_over;

    // At shutdown: no creation and no extension under way. False when `limit` came first.
    Task<bool> idle(Duration limit);

    // The ledger was damaged, and has none of them any more.
    void forget_all(const std::string& reason);

    std::size_t active() const { return leases_.size(); }

private:
    struct Extension;
    struct OnlyOne;
    struct Ending {
        SessionRow session;
        std::string reason;
        std::optional<std::int64_t> exit_status;
        std::string actor;
    };

    Duration allowed_ttl(const SessionRequest& request);
    std::optional<Timestamp> look();
    Task<std::optional<Timestamp>> extend_key(SessionRow session, Timestamp deadline);
    Task<ChangeAnswer> change_at_provider(Extension& extension);
    Task<void> settle_name(AccountRef account, KeyRow key);
    Task<void> put_expiry_back(AccountRef account, KeyRow key);
    Task<Places::Place> turn();  // to ask the provider for a key
    KeyRow new_key(const AccountRef& account, const SessionRequest& request);
    // `instead`: the session whose present key it replaces.
    Task<IssuedKey> create(AccountRef account, KeyRow key, std::vector<std::string> scopes,
                           std::optional<SessionRow> instead = std::nullopt);
    SessionRow new_session(const SessionRequest& request) const;
    Task<void> await_client(SessionId session);
    void finish(Lease& lease, const std::string& reason);
    void not_issued(KeyRow key, const CreateError& why);
    void record(Ending ending);
    void revoke_unrecorded(const Ending& ending, const Error& why);
    void write(const Ending& ending);
    bool write_unrecorded();

    asio::any_io_executor executor_;
    Ledger& ledger_;
    Accounts& accounts_;
    OpenAi& openai_;
    Janitor& janitor_;
    TaskGroup& tasks_;
    std::map<SessionId, std::shared_ptr<Lease>> leases_;
    int creating_ = 0;
    Places creations_;
    std::set<SessionId> changing_;    // their keys are being extended or replaced
    std::vector<Ending> unrecorded_;  // the ledger could not take them yet
    Signal settled_;                  // a creation, an extension or a replacement has come to its end
    WallTimer clock_;
};

}  // namespace eph
