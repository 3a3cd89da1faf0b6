// eph cleanup: the order, how far it has come, and its sum.
#include "common/error.hpp"
#include "common/text.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/shared.hpp"
#include "daemon/api/views.hpp"

namespace eph {

Task<ApiReply> clean_up(Services& services, const ApiRequest& request) {
    const auto wanted = wire::decode<wire::Cleanup>(request.body.empty() ? "{}" : request.body);
    require_keys(services.accounts.provider(wanted.provider));
    AskedAccounts asked = co_await accounts_of(services, request);
    CleanupOrder order;
    order.accounts = std::move(asked.accounts);
    order.every_place = asked.every;
    order.all = wanted.all;
    order.dry_run = wanted.dry_run;
    const CleanupSum sum = co_await services.janitor.cleanup(std::move(order), request.actor);
    wire::CleanupResult result;
    result.listed = sum.listed;
    result.revoked = sum.revoked;
    result.already_gone = sum.already_gone;
    result.left = sum.left;
    result.pending = static_cast<std::int64_t>(sum.pending.size());
    for (const KeyRow& key : sum.pending) {
        result.failed.push_back(view(services.janitor.with_hindrance(key)));
    }
    for (const KeyRow& key : sum.would_revoke) result.would_revoke.push_back(view(key));
    result.notes = std::move(asked.notes);
    result.notes.insert(result.notes.end(), sum.notes.begin(), sum.notes.end());
    ApiReply reply;
    reply.body = wire::encode(result);
    co_return reply;
}

Task<ApiReply> show_cleanup(Services& services, const ApiRequest&) {
    const CleanupCount count = services.janitor.cleanup_count();
    const wire::CleanupProgress progress{count.running, static_cast<std::int64_t>(count.total),
                                         static_cast<std::int64_t>(count.done)};
    ApiReply reply;
    reply.body = wire::encode(progress);
    co_return reply;
}

}  // namespace eph
