// Sessions: started, held by their lease, extended, ended.
#include <algorithm>

#include "common/error.hpp"
#include "common/providers.hpp"
#include "common/text.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/shared.hpp"
#include "daemon/api/views.hpp"

namespace eph {
namespace {

void check_names(const wire::StartSession& wanted) {
    const std::string_view fault = fault_of_host(wanted.host);
    if (!fault.empty()) throw Error{Code::usage, "'{}' cannot be a host: {}", printable(wanted.host, 80), fault};
    if (wanted.agent.empty() || wanted.agent.size() > 40 || has_control(wanted.agent)) {
        throw Error{Code::usage, "'{}' cannot be an agent's name", printable(wanted.agent, 40)}.hint(
            "1 to 40 characters, pi for instance.");
    }
    if (wanted.credential != "key" && wanted.credential != "broker" && wanted.credential != "manual") {
        throw Error{Code::usage, "'{}' is not a kind of credential", printable(wanted.credential, 40)}.hint(
            "There are: key, broker, manual.");
    }
    if (wanted.endpoint != "socket" && wanted.endpoint != "port") {
        throw Error{Code::usage, "'{}' is not an endpoint of the broker", printable(wanted.endpoint, 40)}.hint(
            "There are: socket, port.");
    }
    check_limits(wanted.limits);
    if (any(wanted.limits) && wanted.credential != "broker") {
        throw Error{Code::usage, "only the broker keeps limits, and not a session whose credential is {}",
                    wanted.credential}
            .hint("Ask for the credential broker: eph --via broker.");
    }
    // Of a key of the person's own ephd need not know the provider.
    if (!is_provider_name(wanted.provider))
        throw Error{Code::usage, "'{}' cannot be a provider's name", printable(wanted.provider, 40)};
}

// Streams the lease's events until the session is over, the client is gone, or another connection has taken the lease.
// Cancelled when ephd stops, it releases nothing: the client takes its lease up again with the next ephd.
Task<void> serve_lease(Services& services, std::shared_ptr<Lease> lease, std::uint64_t holder, EventStream& stream) {
    const SessionId id = lease->session.id;
    bool connected = true;
    while (connected && lease->holder == holder) {
        if (!lease->events.empty()) {
            std::string line = wire::encode(lease->events.front());
            lease->events.pop_front();
            connected = co_await stream.send(std::move(line));
            continue;
        }
        if (lease->over) co_return;
        connected = co_await stream.idle(lease->changed, Signal::Clock::time_point::max());
    }
    if (!connected) services.sessions.release(id, holder);
}

SessionId resolve(Services& services, const ApiRequest& request) {
    const std::optional<SessionRow> row = services.ledger.find_session(request.param("id"));
    if (row) return row->id;
    throw Error{Code::not_found, "there is no session '{}'", printable(request.param("id"), 80)}.hint(
        "eph sessions shows what there is.");
}

// A lease lasts for as long as its session: what it took to begin it does not.
struct Begun {
    std::shared_ptr<Lease> lease;
    std::string line;  // with the secret
};

Task<Begun> begin_session(Services& services, const ApiRequest& request) {
    const auto wanted = wire::decode<wire::StartSession>(request.body);
    check_names(wanted);
    SessionRequest what{
        .host = wanted.host, .agent = wanted.agent, .label = wanted.label, .ttl = ttl_of(wanted.ttl_seconds)};
    Begun begun;
    wire::Issued document;
    if (wanted.credential == "manual") {
        begun.lease = services.sessions.start_without_key(wanted.provider, std::move(what), request.actor);
        document.session = view(begun.lease->session, std::nullopt);
    } else if (wanted.credential == "broker") {
        const AccountRef account = co_await services.accounts.pick(wanted.provider, request.credential);
        BrokerRequest through{std::move(what), wanted.limits, wanted.endpoint == "port"};
        StartedBroker started = co_await services.broker.start(account, std::move(through), request.actor);
        begun.lease = std::move(started.lease);
        document.session = view_session(services, begun.lease->session);
        if (started.key) document.key = view(*started.key);
        document.secret = started.token.reveal();
        document.broker = started.endpoint;
        if (!started.note.empty()) document.notes.push_back(started.note);
    } else {
        require_keys(services.accounts.provider(wanted.provider));
        const AccountRef account = co_await services.accounts.pick(wanted.provider, request.credential);
        StartedSession started = co_await services.sessions.start(account, std::move(what), request.actor);
        begun.lease = std::move(started.lease);
        document.session = view(begun.lease->session, started.issued.key);
        document.key = view(started.issued.key);
        document.secret = started.issued.secret.reveal();
        if (account->own_base_url) document.base_url = account->place.base_url;
        if (!started.issued.note.empty()) document.notes.push_back(started.issued.note);
    }
    begun.line = wire::encode(document);
    wipe(document.secret);
    co_return begun;
}

}  // namespace

Task<ApiReply> list_sessions(Services& services, const ApiRequest& request) {
    wire::SessionList list;
    const bool active_only = request.query_flag("active");
    for (const SessionRow& row :
         active_only ? services.ledger.active_sessions() : services.ledger.recent_sessions(200)) {
        list.sessions.push_back(view_session(services, row));
    }
    ApiReply reply;
    reply.body = wire::encode(list);
    co_return reply;
}

Task<ApiReply> show_session(Services& services, const ApiRequest& request) {
    const SessionRow row = services.ledger.session(resolve(services, request)).value();
    ApiReply reply;
    reply.body = wire::encode(view_session(services, row));
    co_return reply;
}

Task<ApiReply> end_session(Services& services, const ApiRequest& request) {
    const auto wanted = wire::decode<wire::EndSession>(request.body.empty() ? "{}" : request.body);
    const SessionId id = resolve(services, request);
    const SessionRow row = services.ledger.session(id).value();
    remember(services, request);
    const std::string reason =
        wanted.reason.empty() || has_control(wanted.reason) ? "asked" : printable(wanted.reason, 40);
    // Somebody else's wish does not end the agent at once; its own client has done so already.
    if (reason != "asked" && reason != "ephd_stopped") services.broker.agent_is_gone(id);
    const Janitor::Awaited awaited = services.janitor.awaited(row.key);
    services.sessions.end(id, reason, wanted.exit_status, request.actor);
    co_return co_await answer_revocation(services, awaited, id);
}

Task<ApiReply> extend_session(Services& services, const ApiRequest& request) {
    const auto wanted = wire::decode<wire::ExtendSession>(request.body.empty() ? "{}" : request.body);
    const SessionId id = resolve(services, request);
    const SessionRow before = services.ledger.session(id).value();
    if (before.credential != "manual") services.accounts.remember(request.credential);
    const Duration by = std::chrono::seconds{std::clamp<std::int64_t>(wanted.seconds, 0, 10LL * 365 * 86400)};
    const SessionRow row = co_await services.sessions.extend(id, by, request.actor);
    ApiReply reply;
    reply.body = wire::encode(view_session(services, row));
    co_return reply;
}

Task<void> start_session(Services& services, const ApiRequest& request, EventStream& stream) {
    Begun begun = co_await begin_session(services, request);
    const SessionId id = begun.lease->session.id;
    const std::uint64_t holder = services.sessions.take(*begun.lease);
    bool connected = !stream.peer_gone();
    if (connected) {
        connected = co_await stream.send(std::move(begun.line), 201);
    } else {
        wipe(begun.line);
    }
    if (!connected) {
        services.sessions.release(id, holder);
        co_return;
    }
    co_await serve_lease(services, std::move(begun.lease), holder, stream);
}

Task<void> hold_lease(Services& services, const ApiRequest& request, EventStream& stream) {
    const SessionId id = resolve(services, request);
    const std::shared_ptr<Lease> lease = services.sessions.hold(id);
    remember(services, request);
    const std::uint64_t holder = services.sessions.take(*lease);
    wire::LeaseEvent held{.event = "held", .reason = "", .expires_at = to_millis(lease->session.deadline) / 1000};
    std::string line = wire::encode(held);
    if (!co_await stream.send(std::move(line))) {
        services.sessions.release(id, holder);
        co_return;
    }
    co_await serve_lease(services, lease, holder, stream);
}

}  // namespace eph
