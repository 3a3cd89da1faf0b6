// What ephd remembers of a session while it lives: its deadline, and the events its client has yet to hear.
#pragma once

#include <deque>
#include <string>

#include "common/async/signal.hpp"
#include "common/wire.hpp"
#include "daemon/ledger/rows.hpp"

namespace eph {

struct Lease {
    // `warned`: what lies before it needs no warning any more.
    Lease(asio::any_io_executor executor, SessionRow row, Timestamp warned_until)
        : session(std::move(row)), warned(warned_until), changed(executor) {}

    void say(const char* event, const std::string& reason) {
        events.push_back({.event = event, .reason = reason, .expires_at = to_millis(session.deadline) / 1000});
        changed.notify();
    }

    SessionRow session;
    Timestamp warned;
    std::deque<wire::LeaseEvent> events;
    Signal changed;
    std::uint64_t holder = 0;  // counts the connections that held it; the newest is the one that counts
    bool held = false;
    bool over = false;  // the last event is in the queue
};

}  // namespace eph
