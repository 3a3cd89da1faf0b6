// A TTL from outside, and the wait for a revocation.
#include "daemon/api/shared.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "common/error.hpp"
#include "common/wire.hpp"
#include "daemon/api/views.hpp"

namespace eph {

std::optional<Duration> ttl_of(std::optional<std::int64_t> seconds) {
    if (!seconds) return std::nullopt;
    if (*seconds <= 0) throw Error{Code::usage, "the TTL must be more than zero"};
    return std::chrono::seconds{std::min<std::int64_t>(*seconds, 10LL * 365 * 86400)};
}

Task<AskedAccounts> accounts_of(Services& services, const ApiRequest& request) {
    AskedAccounts asked;
    const bool brings_one = !request.credential.empty() && makes_keys_at(request.credential.provider);
    asked.every = !brings_one && request.credential.account.empty();
    if (asked.every) {
        asked.notes = services.accounts.notes();
        asked.accounts = co_await services.accounts.all(asked.notes);
    }
    if (asked.accounts.empty()) {
        const AccountRef account = co_await services.accounts.pick("openai", request.credential);
        asked.accounts.push_back(account);
    }
    co_return asked;
}

void remember(Services& services, const ApiRequest& request) {
    try {
        services.accounts.remember(request.credential);
    } catch (const Error& error) {
        spdlog::info("a client's own account is not kept: {}", error.message());
    }
}

wire::Account view_account(Services& services, const KnownAccount& account) {
    wire::Account document;
    document.name = account.name;
    document.provider = account.place.provider;
    document.project = account.place.project;
    document.base_url = account.place.base_url;
    document.fingerprint = account.fingerprint;
    document.source = account.source;
    document.stored_in = services.accounts.where(account);
    document.custom = account.own_base_url;
    document.state = account.account ? "ready" : account.problem.empty() ? "not loaded" : "unavailable";
    document.problem = account.problem;
    if (const auto at = services.ledger.last_check(account.place, account.fingerprint))
        document.checked_at = to_millis(*at) / 1000;
    const ProviderView provider = services.accounts.provider(account.place.provider);
    document.title = provider.title;
    document.family = name_of(provider.family);
    document.key_variable = provider.key_variable;
    document.base_path = provider.base_path;
    document.makes_keys = provider.makes_keys;
    document.via = provider.makes_keys && services.accounts.config().via != "broker" ? "key" : "broker";
    return document;
}

wire::Session view_session(Services& services, const SessionRow& row) {
    wire::Session document = view(row, services.ledger.key(row.key));
    document.usage = services.broker.usage(row);
    return document;
}

Task<ApiReply> answer_revocation(Services& services, Janitor::Awaited awaited, SessionId session) {
    constexpr Duration patience = std::chrono::seconds{15};
    wire::Revocation outcome;
    outcome.confirmed = true;
    if (!awaited.key.empty()) {  // else there is nothing to revoke
        outcome.confirmed = co_await services.janitor.first_answer(awaited, patience);
        outcome.key = view(services.janitor.with_hindrance(services.janitor.row(awaited.key).value()));
    }
    if (!session.empty()) {
        co_await services.broker.settled(session);
        outcome.session = view_session(services, services.ledger.session(session).value());
    }
    ApiReply reply;
    reply.status = outcome.confirmed ? 200 : 202;
    reply.body = wire::encode(outcome);
    co_return reply;
}

}  // namespace eph
