// What the handlers of keys and of sessions have in common.
#pragma once

#include <optional>

#include "daemon/api/exchange.hpp"
#include "daemon/api/services.hpp"

namespace eph {

// Throws Error{usage} for zero and less; cut to ten years, above what any configuration allows.
std::optional<Duration> ttl_of(std::optional<std::int64_t> seconds);

// The answer to a request that made a key go: 200 once the provider confirmed, 202 when a try has failed or it takes
// long.
Task<ApiReply> answer_revocation(Services& services, Janitor::Awaited awaited);

}  // namespace eph
