// Which credential a session has, and what follows from that: who may set limits, and what must not reach the agent.
#pragma once

#include <string>
#include <vector>

#include "common/wire.hpp"

namespace eph {

// What the person said with --via.
enum class Via { automatic, key, broker };

// What the host gets: a disposable key, the broker's token, or a key of the person's own.
enum class Credential { key, broker, manual };

std::string_view name_of(Credential credential);  // as the wire has it

bool any(const wire::Limits& limits);

// What can be refused before anybody is asked. Throws Error{usage}.
void check_way(Via via, const wire::Limits& limits, bool manual_key);

// Of a session without a key of the person's own. Throws Error{usage} where that cannot be.
Credential credential_for(Via via, const wire::Limits& limits, const wire::Account& account);

// The agent's base URL of the broker, with port_placeholder (agents/agent.hpp).
std::string broker_url(const wire::Account& account);

// For the person, when the provider does not accept what ephd holds for the session.
std::string credential_warning(const wire::Account& account);

// Where a real key of the provider may stand in an environment.
std::vector<std::string> variables_of_keys(const wire::Account& account);

}  // namespace eph
