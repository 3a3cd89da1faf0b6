// A condition that coroutines of one thread wait for.
#pragma once

#include <chrono>

#include <boost/asio/steady_timer.hpp>

#include "common/async/task.hpp"

namespace eph {

// notify() wakes all that wait at that moment. Waiters check their own condition in a loop.
class Signal {
public:
    using Clock = std::chrono::steady_clock;

    explicit Signal(asio::any_io_executor executor) : timer_(executor, Clock::time_point::max()) {}

    void notify() { timer_.cancel(); }
    Task<void> wait() { co_await timer_.async_wait(as_result); }

    Task<void> wait_until(Clock::time_point until) {
        // A timer of its own, and the shared one: whichever comes first.
        asio::steady_timer own{timer_.get_executor(), until};
        co_await either(own);
    }

private:
    Task<void> either(asio::steady_timer& own);

    asio::steady_timer timer_;
};

}  // namespace eph
