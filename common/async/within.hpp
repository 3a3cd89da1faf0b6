// The one way to put an end to a wait.
#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/async/task.hpp"
#include "common/error.hpp"
#include "common/time.hpp"

namespace eph {

// The result of `work`, or Error{timeout, sentence} once `limit` has passed; `work` is then cancelled and waited for.
// T must be default-constructible. Never `work || timer`: that waits for the first success, so that a refusal after
// 10 ms would look like a time-out after the full limit.
template <class T>
Task<T> within(Duration limit, Task<T> work, std::string sentence) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer{executor, limit};
    auto group = asio::experimental::make_parallel_group(asio::co_spawn(executor, std::move(work), asio::deferred),
                                                         timer.async_wait(asio::deferred));
    if constexpr (std::is_void_v<T>) {
        auto [order, failure, timer_error] =
            co_await group.async_wait(asio::experimental::wait_for_one(), use_awaitable);
        if (order[0] == 1 && !timer_error) throw Error{Code::timeout, std::move(sentence)};
        if (failure) std::rethrow_exception(failure);
    } else {
        auto [order, failure, value, timer_error] =
            co_await group.async_wait(asio::experimental::wait_for_one(), use_awaitable);
        if (order[0] == 1 && !timer_error) throw Error{Code::timeout, std::move(sentence)};
        if (failure) std::rethrow_exception(failure);
        co_return std::move(value);
    }
}

}  // namespace eph
