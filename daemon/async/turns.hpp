// Work that is done one piece after the other, with whatever else is ready in between, and everybody alike.
#pragma once

#include <deque>
#include <map>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/async/task.hpp"

namespace eph {

class Turns {
public:
    explicit Turns(asio::any_io_executor executor) : executor_(executor) {}
    Turns(const Turns&) = delete;
    Turns& operator=(const Turns&) = delete;

    // Until it is the caller's turn: at once where nobody had one just now, else after all that is ready. Of those who
    // wait each `who` has one turn in each round, however often he asks.
    Task<void> mine(int who);

private:
    using Queue = std::deque<asio::steady_timer*>;

    void next();
    void give_next_later();

    asio::any_io_executor executor_;
    std::map<int, Queue> waiting_;
    int last_ = 0;
    bool taken_ = false;  // by somebody, in this round of the event loop
};

}  // namespace eph
