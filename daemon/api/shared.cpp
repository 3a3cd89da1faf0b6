// A TTL from outside, and the wait for a revocation.
#include "daemon/api/shared.hpp"

#include <algorithm>

#include "common/error.hpp"
#include "common/wire.hpp"
#include "daemon/api/views.hpp"

namespace eph {

std::optional<Duration> ttl_of(std::optional<std::int64_t> seconds) {
    if (!seconds) return std::nullopt;
    if (*seconds <= 0) throw Error{Code::usage, "the TTL must be more than zero"};
    return std::chrono::seconds{std::min<std::int64_t>(*seconds, 10LL * 365 * 86400)};
}

Task<ApiReply> answer_revocation(Services& services, Janitor::Awaited awaited) {
    constexpr Duration patience = std::chrono::seconds{15};
    wire::Revocation outcome;
    outcome.confirmed = co_await services.janitor.first_answer(awaited, patience);
    outcome.key = view(services.ledger.key(awaited.key).value());
    ApiReply reply;
    reply.status = outcome.confirmed ? 200 : 202;
    reply.body = wire::encode(outcome);
    co_return reply;
}

}  // namespace eph
