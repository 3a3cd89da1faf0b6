// One session: a credential, a deadline, and the lease that keeps it alive.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "daemon/accounts/accounts.hpp"
#include "daemon/async/task_group.hpp"
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

class Sessions {
public:
    Sessions(asio::any_io_executor executor, Ledger& ledger, Accounts& accounts, OpenAi& openai, Janitor& janitor,
             TaskGroup& tasks);

    // A key without a session: it lives until its deadline or until it is asked to go.
    Task<IssuedKey> issue(AccountRef account, SessionRequest request, std::string actor);

    // A key and a session whose lease the caller holds from now on. Throws what the provider said; nothing is left
    // then.
    Task<StartedSession> start(AccountRef account, SessionRequest request, std::string actor);

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

    // At shutdown: no creation under way. False when `limit` came first.
    Task<bool> idle(Duration limit);

    std::size_t active() const { return leases_.size(); }

private:
    KeyRow new_key(const AccountRef& account, const SessionRequest& request);
    Task<IssuedKey> create(AccountRef account, KeyRow key);
    Task<void> await_client(SessionId session);
    void finish(Lease& lease, const std::string& reason);

    asio::any_io_executor executor_;
    Ledger& ledger_;
    Accounts& accounts_;
    OpenAi& openai_;
    Janitor& janitor_;
    TaskGroup& tasks_;
    std::map<SessionId, std::shared_ptr<Lease>> leases_;
    int creating_ = 0;
    Signal created_;
};

}  // namespace eph
