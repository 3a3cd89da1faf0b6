// timerfd_create(2) with TFD_TIMER_CANCEL_ON_SET; elsewhere a bounded re-check of the clock.
#include "daemon/async/wall_timer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/error.hpp"

#if defined(__linux__)
#include <sys/timerfd.h>
#include <unistd.h>
#endif

namespace eph {
namespace {

constexpr Duration longest_wait = std::chrono::seconds{20};

}  // namespace

#if defined(__linux__)

namespace {

int make_clock() {
    const int descriptor = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (descriptor < 0) throw Error{Code::internal, "cannot make a timer: {}", std::strerror(errno)};
    return descriptor;
}

constexpr Timestamp far_away = Timestamp{std::chrono::sys_days{std::chrono::year{2200} / 1 / 1}};

}  // namespace

WallTimer::WallTimer(asio::any_io_executor executor) : clock_(executor, make_clock()) {}

Task<void> WallTimer::wait_until(std::optional<Timestamp> moment) {
    if (std::exchange(poked_, false)) co_return;
    // While something is due the clock is looked at now and then in any case: not every step of it is reported (a time
    // namespace, a virtual machine that was paused). An all-zero time would disarm the timer.
    const Timestamp wanted = moment ? std::min(*moment, now() + longest_wait) : far_away;
    const Timestamp target = std::clamp(wanted, Timestamp{Duration{1}}, far_away);
    const auto whole = std::chrono::floor<std::chrono::seconds>(target);
    itimerspec when{};
    when.it_value.tv_sec = whole.time_since_epoch().count();
    when.it_value.tv_nsec = std::chrono::nanoseconds{target - whole}.count();
    if (timerfd_settime(clock_.native_handle(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, nullptr) != 0) {
        throw Error{Code::internal, "cannot arm a timer: {}", std::strerror(errno)};
    }
    co_await clock_.async_wait(asio::posix::stream_descriptor::wait_read, as_result);
    // ECANCELED (the clock was set) and EAGAIN (poked) both mean: look again.
    std::uint64_t expirations = 0;
    (void)!read(clock_.native_handle(), &expirations, sizeof expirations);
    poked_ = false;
}

void WallTimer::poke() {
    poked_ = true;
    clock_.cancel();
}

#else

WallTimer::WallTimer(asio::any_io_executor executor) : signal_(executor) {}

Task<void> WallTimer::wait_until(std::optional<Timestamp> moment) {
    if (std::exchange(poked_, false)) co_return;
    if (moment) {
        const Duration left = std::clamp(*moment - now(), Duration{0}, longest_wait);
        co_await signal_.wait_until(Signal::Clock::now() + left);
    } else {
        co_await signal_.wait();
    }
    poked_ = false;
}

void WallTimer::poke() {
    poked_ = true;
    signal_.notify();
}

#endif

}  // namespace eph
