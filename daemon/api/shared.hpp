// What the handlers of keys and of sessions have in common.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/wire.hpp"
#include "daemon/api/exchange.hpp"
#include "daemon/api/services.hpp"

namespace eph {

// Throws Error{usage} for zero and less; cut to ten years, above what any configuration allows.
std::optional<Duration> ttl_of(std::optional<std::int64_t> seconds);

// The accounts that a request is about: the one that it names or brings along, or else every one that ephd has. Throws
// Error{no_account} where there is none.
struct AskedAccounts {
    std::vector<AccountRef> accounts;
    bool every = false;
    std::vector<std::string> notes;  // what hinders others
};
Task<AskedAccounts> accounts_of(Services& services, const ApiRequest& request);

// Keeps the client's own key for what is to come. What is wrong with it hinders nothing that needs no
// account.
void remember(Services& services, const ApiRequest& request);

// The answer to a request that made a key go, and ended the session, if one is named: 200 once the provider confirmed,
// 202 when a try has failed or it takes long.
Task<ApiReply> answer_revocation(Services& services, Janitor::Awaited awaited, SessionId session = {});

// A session with the state of its key, and what it has used up to now.
wire::Session view_session(Services& services, const SessionRow& row);

// An account for people: what it is, where its key is kept, whether it is at hand, when the provider last accepted it.
wire::Account view_account(Services& services, const KnownAccount& account);

}  // namespace eph
