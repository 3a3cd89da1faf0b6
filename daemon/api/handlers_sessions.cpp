// Sessions: started, held by their lease, ended.
#include "common/error.hpp"
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
        throw Error{Code::usage, "'{}' cannot be an agent's name", printable(wanted.agent, 40)};
    }
}

// When the client has to be warned next: ten minutes and one minute before the end.
Signal::Clock::time_point next_warning(const Lease& lease, Timestamp& warned_for) {
    for (const Duration before : {Duration{std::chrono::minutes{10}}, Duration{std::chrono::minutes{1}}}) {
        const Timestamp at = lease.session.deadline - before;
        if (at > warned_for && at > lease.session.started) {
            warned_for = at;
            return Signal::Clock::now() + std::max(Duration{0}, at - now());
        }
    }
    return Signal::Clock::time_point::max();
}

// Streams the lease's events until the session is over, the client is gone, or another connection has taken the lease.
// Cancelled when ephd stops, it releases nothing: the client takes its lease up again with the next ephd.
Task<void> serve_lease(Services& services, std::shared_ptr<Lease> lease, std::uint64_t holder, EventStream& stream) {
    const SessionId id = lease->session.id;
    Timestamp warned_for = now();
    auto warning = next_warning(*lease, warned_for);
    bool connected = true;
    while (connected && lease->holder == holder) {
        if (!lease->events.empty()) {
            std::string line = wire::encode(lease->events.front());
            lease->events.pop_front();
            connected = co_await stream.send(std::move(line));
            continue;
        }
        if (lease->over) co_return;
        if (Signal::Clock::now() >= warning) {
            wire::LeaseEvent event{
                .event = "expiring", .reason = "", .expires_at = to_millis(lease->session.deadline) / 1000};
            lease->events.push_back(std::move(event));
            warning = next_warning(*lease, warned_for);
            continue;
        }
        connected = co_await stream.idle(lease->changed, warning);
    }
    if (!connected) services.sessions.release(id, holder);
}

SessionId resolve(Services& services, const ApiRequest& request) {
    const std::optional<SessionRow> row = services.ledger.find_session(request.param("id"));
    if (row) return row->id;
    throw Error{Code::not_found, "there is no session '{}'", printable(request.param("id"), 80)}.hint(
        "eph sessions shows what there is.");
}

}  // namespace

Task<ApiReply> list_sessions(Services& services, const ApiRequest& request) {
    wire::SessionList list;
    const bool active_only = request.query_flag("active");
    for (const SessionRow& row :
         active_only ? services.ledger.active_sessions() : services.ledger.recent_sessions(200)) {
        list.sessions.push_back(view(row, services.ledger.key(row.key)));
    }
    ApiReply reply;
    reply.body = wire::encode(list);
    co_return reply;
}

Task<ApiReply> show_session(Services& services, const ApiRequest& request) {
    const SessionRow row = services.ledger.session(resolve(services, request)).value();
    ApiReply reply;
    reply.body = wire::encode(view(row, services.ledger.key(row.key)));
    co_return reply;
}

Task<ApiReply> end_session(Services& services, const ApiRequest& request) {
    const auto wanted = wire::decode<wire::EndSession>(request.body.empty() ? "{}" : request.body);
    const SessionId id = resolve(services, request);
    const SessionRow row = services.ledger.session(id).value();
    if (!request.credential.empty()) (void)services.accounts.pick(row.provider, request.credential);
    const std::string reason =
        wanted.reason.empty() || has_control(wanted.reason) ? "asked" : printable(wanted.reason, 40);
    const Janitor::Awaited awaited = services.janitor.awaited(row.key);
    services.sessions.end(id, reason, wanted.exit_status, request.actor);
    co_return co_await answer_revocation(services, awaited);
}

Task<void> start_session(Services& services, const ApiRequest& request, EventStream& stream) {
    const auto wanted = wire::decode<wire::StartSession>(request.body);
    check_names(wanted);
    const std::optional<Duration> ttl = ttl_of(wanted.ttl_seconds);
    const AccountRef account = services.accounts.pick(wanted.provider, request.credential);
    SessionRequest what{.host = wanted.host, .agent = wanted.agent, .label = wanted.label, .ttl = ttl};
    StartedSession started = co_await services.sessions.start(account, std::move(what), request.actor);
    const SessionId id = started.lease->session.id;
    const std::uint64_t holder = services.sessions.take(*started.lease);

    wire::Issued document;
    document.session = view(started.lease->session, started.issued.key);
    document.key = view(started.issued.key);
    document.secret = started.issued.secret.reveal();
    if (account->own_base_url) document.base_url = account->place.base_url;
    if (!started.issued.note.empty()) document.notes.push_back(started.issued.note);
    std::string line = wire::encode(document);
    wipe(document.secret);
    started.issued.secret = Secret{};
    bool connected = !stream.peer_gone();
    if (connected) connected = co_await stream.send(std::move(line), 201);
    if (!connected) {
        services.sessions.release(id, holder);
        co_return;
    }
    co_await serve_lease(services, started.lease, holder, stream);
}

Task<void> hold_lease(Services& services, const ApiRequest& request, EventStream& stream) {
    const SessionId id = resolve(services, request);
    const std::shared_ptr<Lease> lease = services.sessions.hold(id);
    if (!request.credential.empty()) (void)services.accounts.pick(lease->session.provider, request.credential);
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
