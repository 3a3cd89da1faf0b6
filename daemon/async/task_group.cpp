// Starting, cancelling and waiting for coroutines.
#include "daemon/async/task_group.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "common/error.hpp"

namespace eph {
namespace {

bool is_cancellation(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const boost::system::system_error& error) {
        return error.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

}  // namespace

void TaskGroup::spawn(std::string name, Task<void> work) {
    const auto member = members_.emplace(members_.end());
    asio::co_spawn(
        executor_, std::move(work),
        asio::bind_cancellation_slot(member->slot(), [this, member, name = std::move(name)](std::exception_ptr thrown) {
            members_.erase(member);
            changed_.notify();
            if (thrown && !is_cancellation(thrown)) spdlog::error("{} failed: {}", name, describe(thrown));
        }));
}

void TaskGroup::cancel(asio::cancellation_type type) {
    // Emitting may end members at once, so the list is walked with the next place already known.
    for (auto member = members_.begin(); member != members_.end();) (member++)->emit(type);
}

Task<bool> TaskGroup::drained(Duration limit) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (!members_.empty()) {
        if (std::chrono::steady_clock::now() >= until) co_return false;
        co_await changed_.wait_until(until);
    }
    co_return true;
}

}  // namespace eph
