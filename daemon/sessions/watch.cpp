// What a session's own time brings: warnings to its client, and the end of a session that has no key. (A key's deadline
// is the janitor's, and ends its session.) And ends that the ledger could not take at their moment.
#include <spdlog/spdlog.h>

#include "common/error.hpp"
#include "daemon/sessions/deadline.hpp"
#include "daemon/sessions/sessions.hpp"

namespace eph {

std::shared_ptr<Lease> Sessions::start_without_key(std::string provider, SessionRequest request, std::string actor) {
    SessionRow session = new_session(request);
    session.credential = request.broker ? "broker" : "manual";
    session.provider = std::move(provider);
    session.started = now();
    session.deadline = session.started + allowed_ttl(request);
    ledger_.start_without_key(session, actor);
    auto lease = std::make_shared<Lease>(executor_, session, session.started);
    leases_.emplace(session.id, lease);
    clock_.poke();
    spdlog::info("session {} on {} started {}", session.id.text(), session.host,
                 request.broker ? "through the broker" : "with a key of the person's own");
    return lease;
}

// Does what is due, and returns when to look again.
std::optional<Timestamp> Sessions::look() {
    const Timestamp at = now();
    std::optional<Timestamp> next;
    if (!write_unrecorded()) next = at + after_ledger_trouble;
    const auto consider = [&](std::optional<Timestamp> moment) {
        if (moment && (!next || *moment < *next)) next = moment;
    };
    std::vector<SessionId> over;
    for (const auto& [id, lease] : leases_) {
        const Timestamp deadline = lease->session.deadline;
        if (deadline <= at) {
            if (lease->session.key.empty()) over.push_back(id);
            continue;
        }
        if (lease->session.key.empty()) consider(deadline);
        if (const auto warning = next_warning(deadline, lease->warned); warning && *warning <= at) {
            lease->warned = at;
            lease->say("expiring", "");
        }
        consider(next_warning(deadline, lease->warned));
    }
    for (const SessionId& id : over) end(id, "deadline", std::nullopt, "ephd");
    return next;
}

// True: nothing is left that the ledger does not know.
bool Sessions::write_unrecorded() {
    try {
        while (!unrecorded_.empty()) {
            write(unrecorded_.back());
            unrecorded_.pop_back();
        }
        return true;
    } catch (const Error& error) {
        revoke_unrecorded(unrecorded_.back(), error);  // where it could not even be read before
        return false;
    }
}

void Sessions::forget_all(const std::string& reason) {
    unrecorded_.clear();
    while (!leases_.empty()) {
        const std::shared_ptr<Lease> lease = leases_.begin()->second;
        spdlog::warn("session {} cannot go on: {}", lease->session.id.text(), reason);
        finish(*lease, reason);
    }
}

Task<void> Sessions::watch() {
    for (;;) {
        std::optional<Timestamp> next;
        try {
            next = look();
        } catch (const std::exception& error) {
            spdlog::error("sessions: {}", error.what());
            next = now() + after_ledger_trouble;
        }
        co_await clock_.wait_until(next);
        if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
    }
}

}  // namespace eph
