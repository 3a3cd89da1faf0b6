// Waiting for a signal with an end to it.
#include "common/async/signal.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>

namespace eph {

Task<void> Signal::either(asio::steady_timer& own) {
    auto group =
        asio::experimental::make_parallel_group(timer_.async_wait(asio::deferred), own.async_wait(asio::deferred));
    co_await group.async_wait(asio::experimental::wait_for_one(), use_awaitable);
}

}  // namespace eph
