// What ephd remembers of a session while it lives: its deadline, and the events its client has yet to hear.
#pragma once

#include <deque>
#include <string>

#include "common/async/signal.hpp"
#include "common/wire.hpp"
#include "daemon/ledger/rows.hpp"

namespace eph {

struct Lease {
    Lease(asio::any_io_executor executor, SessionRow row) : session(std::move(row)), changed(executor) {}

    SessionRow session;
    std::deque<wire::LeaseEvent> events;
    Signal changed;
    std::uint64_t holder = 0;  // counts the connections that held it; the newest is the one that counts
    bool held = false;
    bool over = false;  // the last event is in the queue
};

}  // namespace eph
