// A timer on the wall clock: it fires at a moment of the day, also after a suspend, and when the clock is set.
#pragma once

#include <optional>

#include "common/async/task.hpp"
#include "common/time.hpp"

#if defined(__linux__)
#include <boost/asio/posix/stream_descriptor.hpp>
#else
#include "common/async/signal.hpp"
#endif

namespace eph {

class WallTimer {
public:
    explicit WallTimer(asio::any_io_executor executor);

    // Returns when `moment` has come, when the clock was set, or at poke(); the caller looks at the clock again.
    // Without a moment only the latter two end the wait. One waiter at a time.
    Task<void> wait_until(std::optional<Timestamp> moment);

    void poke();

private:
    bool poked_ = false;
#if defined(__linux__)
    asio::posix::stream_descriptor clock_;  // a timerfd
#else
    Signal signal_;
#endif
};

}  // namespace eph
