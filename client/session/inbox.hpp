// Everything that can happen during a session, in the order in which it happened.
#pragma once

#include <deque>
#include <optional>
#include <variant>

#include "client/remote/script.hpp"
#include "common/async/signal.hpp"
#include "common/error.hpp"
#include "common/wire.hpp"

namespace eph {

struct KeyMade {
    wire::Issued issued;
};
struct KeyFailed {
    Error error;
};
struct LeaseSaid {
    wire::LeaseEvent event;
};
struct LeaseLost {};
struct KeeperSaid {
    KeeperLine line;
};
struct KeeperGone {};  // its output ended
struct ChildChanged {};
struct Signalled {
    int number;
};
struct Settled {  // the answer to the request to end the session
    std::optional<wire::Revocation> revocation;
    std::optional<Error> error;
};

struct Connected {};  // ssh takes what is asked of its connection
struct WayBack {      // from a port of the host's to the broker
    int port = 0;
};
struct NoWayBack {
    Error error;
};
struct Broken {  // a part of the session failed in a way that it does not know itself
    Error error;
};

using Event = std::variant<KeyMade, KeyFailed, LeaseSaid, LeaseLost, KeeperSaid, KeeperGone, ChildChanged, Signalled,
                           Settled, Connected, WayBack, NoWayBack, Broken>;

class Inbox {
public:
    explicit Inbox(asio::any_io_executor executor) : arrived_(executor) {}

    void push(Event event) {
        events_.push_back(std::move(event));
        arrived_.notify();
    }

    // Nothing when `until` came first.
    Task<std::optional<Event>> next(Signal::Clock::time_point until = Signal::Clock::time_point::max()) {
        while (events_.empty()) {
            if (Signal::Clock::now() >= until) co_return std::nullopt;
            co_await arrived_.wait_until(until);
        }
        std::optional<Event> event{std::move(events_.front())};
        events_.pop_front();
        co_return event;
    }

private:
    std::deque<Event> events_;
    Signal arrived_;
};

}  // namespace eph
