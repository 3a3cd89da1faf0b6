// Where every coroutine of ephd is started, so that shutting down can ask them to end and know when they have.
#pragma once

#include <list>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "common/async/signal.hpp"
#include "common/async/task.hpp"
#include "common/time.hpp"

namespace eph {

class TaskGroup {
public:
    explicit TaskGroup(asio::any_io_executor executor) : executor_(executor), changed_(executor) {}
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;

    // Starts `work`. What it throws is logged as `name` failed; cancellation is not a failure.
    void spawn(std::string name, Task<void> work);

    void cancel(asio::cancellation_type type);

    // True once no member runs; false when `limit` came first.
    Task<bool> drained(Duration limit);

private:
    asio::any_io_executor executor_;
    std::list<asio::cancellation_signal> members_;
    Signal changed_;
};

}  // namespace eph
