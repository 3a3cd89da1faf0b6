// Sessions whose agents never hold a key: each has a token and an endpoint of its own, behind which the real credential
// is put in.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/accounts/accounts.hpp"
#include "daemon/async/task_group.hpp"
#include "daemon/broker/brokered.hpp"
#include "daemon/broker/endpoint.hpp"
#include "daemon/https/https_client.hpp"
#include "daemon/ledger/ledger.hpp"
#include "daemon/sessions/sessions.hpp"

namespace eph {

class Prices;

struct BrokerRequest {
    SessionRequest session;
    wire::Limits limits;
    bool on_port = false;  // of 127.0.0.1; else a Unix socket
};

struct StartedBroker {
    std::shared_ptr<Lease> lease;
    std::optional<KeyRow> key;  // where the provider makes keys: it stays here
    Secret token;
    wire::Endpoint endpoint;
    std::string note;
};

// Throws Error{usage} that names the limit which cannot be one.
void check_limits(const wire::Limits& limits);
bool any(const wire::Limits& limits);  // is set

class Broker {
public:
    // `directory`: where the sockets are.
    Broker(asio::any_io_executor executor, std::filesystem::path directory, Ledger& ledger, Accounts& accounts,
           HttpsClient& https, Sessions& sessions, const Prices& prices, TaskGroup& tasks,
           std::size_t most_descriptors);
    ~Broker();

    // A session at the account's provider, whose lease the caller holds from now on. Throws what hindered it; nothing
    // is left then.
    Task<StartedBroker> start(AccountRef account, BrokerRequest request, std::string actor);

    void resume();              // at start: the sessions of the ledger are served where they were before
    Task<void> keep_records();  // until cancelled: what is used reaches the ledger within a second

    // The session has ended, and its agent with it: its endpoint need not say so for a while.
    void agent_is_gone(const SessionId& session);
    void session_over(const SessionId& session);
    // Until a session that is over has no stream left, and the ledger has all that it used.
    Task<void> settled(SessionId session);

    std::optional<wire::Usage> usage(const SessionRow& session) const;  // nothing: it is none of the broker's
    std::vector<std::string> notes() const;                             // what people should know, in status

    // At shutdown: no new connections; streams under way have `grace` to end. The ledger then has all.
    void suspend();
    Task<void> drain(Duration grace);

private:
    struct Served;
    using ServedRef = std::shared_ptr<Served>;

    ServedRef make(const SessionRow& row, std::unique_ptr<Endpoint> endpoint);
    void serve(const ServedRef& served);
    Task<void> listen(ServedRef served);
    Task<void> room(ServedRef served);
    std::size_t descriptors() const;  // that its sessions take, at most
    Task<void> connection(Endpoint::Socket socket, ServedRef served);
    Task<void> retire(ServedRef served);

    Task<KeyRef> key(SessionId session);
    Task<void> fetch_key(ServedRef served);
    void key_refused(const SessionId& session, const KeyRef& key);
    void refused(const SessionId& session, const Refusal& refusal);
    void used(const SessionId& session);

    void save();
    void sum_up(const Served& served);
    void note(const Served& served, const char* event, const std::string& detail);
    ServedRef find(const SessionId& session) const;

    asio::any_io_executor executor_;
    std::filesystem::path directory_;
    Ledger& ledger_;
    Accounts& accounts_;
    HttpsClient& https_;
    Sessions& sessions_;
    const Prices& prices_;
    TaskGroup& tasks_;
    std::size_t most_descriptors_;
    std::map<SessionId, ServedRef> served_;
    bool suspended_ = false;
    Signal used_;
    Signal left_;     // an agent's connection has ended, or an endpoint
    Signal settled_;  // a session that is over
};

}  // namespace eph
