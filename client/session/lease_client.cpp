// The lease's side of a session.
#include "client/session/lease_client.hpp"

#include <algorithm>

#include <boost/asio/steady_timer.hpp>

#include "common/secret.hpp"

namespace eph {
namespace {

constexpr Duration create_limit = std::chrono::minutes{2};  // ephd's own limits are shorter
constexpr Duration head_limit = std::chrono::seconds{20};
constexpr Duration first_pause = std::chrono::milliseconds{50};
constexpr Duration longest_pause = std::chrono::seconds{2};

// True when the session is over, false when the connection to ephd was lost.
Task<bool> follow(LeaseStream& stream, Inbox& inbox) {
    try {
        while (auto line = co_await stream.next()) {
            LeaseSaid said{understood<wire::LeaseEvent>(*line)};
            const bool over = said.event.event == "over";
            inbox.push(std::move(said));
            if (over) co_return true;
        }
    } catch (const Error&) {
        // Lost: the caller takes it up again.
    }
    co_return false;
}

// True when the session is over.
Task<bool> take_up_again(ApiClient& api, std::string session, LeaseStream& stream) {
    try {
        stream = co_await api.open_lease("GET", "/v1/sessions/" + session + "/lease", "", head_limit);
        co_return false;
    } catch (const Error& error) {
        if (error.code() == Code::session_over || error.code() == Code::not_found) co_return true;
        throw;
    }
}

}  // namespace

Task<void> hold_session(ApiClient& api, wire::StartSession request, Inbox& inbox) {
    LeaseStream stream;
    std::string session;
    try {
        stream = co_await api.open_lease("POST", "/v1/sessions", wire::encode(request), create_limit);
        std::optional<std::string> line = co_await stream.next();
        if (!line)
            throw Error{Code::daemon_unreachable, "ephd ended while it was making the key"}.hint(
                "Whatever was made is revoked; try again.");
        KeyMade made{understood<wire::Issued>(*line)};
        wipe(*line);
        session = made.issued.session.id;
        inbox.push(std::move(made));
    } catch (const Error& error) {
        inbox.push(KeyFailed{error});
        co_return;
    }
    while (!co_await follow(stream, inbox)) {
        inbox.push(LeaseLost{});
        for (Duration pause = first_pause;; pause = std::min(pause * 2, longest_pause)) {
            bool again = false;
            try {
                if (co_await take_up_again(api, session, stream)) {
                    LeaseSaid over;
                    over.event.event = "over";
                    over.event.reason = "ended while ephd was away";
                    inbox.push(std::move(over));
                    co_return;
                }
                again = true;
            } catch (const Error&) {
                // Not yet.
            }
            if (again) break;
            asio::steady_timer timer{co_await asio::this_coro::executor, pause};
            co_await timer.async_wait(use_awaitable);
        }
    }
}

}  // namespace eph
