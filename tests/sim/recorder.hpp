// Remembers every call that reached the simulated provider, and wakes those who wait for one.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <set>
#include <string>

#include "call.hpp"

namespace eph::sim {

struct Record {
    std::uint64_t seq = 0;  // 1, 2, ...; goes on counting when the past is forgotten
    Call call;              // its body cut to kKeptBody
    std::size_t body_bytes = 0;
    std::chrono::sys_time<std::chrono::microseconds> arrived;
    unsigned status = 0;  // 0: not answered yet, or never
    std::string fault;    // the kind of the fault it met
};

class Recorder {
public:
    static constexpr std::size_t kKeptBody = 256 * 1024;

    std::uint64_t arrived(const Call& call, std::string fault);
    void answered(std::uint64_t seq, unsigned status);
    void forget() { records_.clear(); }
    const std::deque<Record>& records() const { return records_; }

    // A timer that is cancelled, and so ends early, whenever something was recorded, for as long as this object lives.
    class Watch {
    public:
        Watch(Recorder& recorder, boost::asio::steady_timer& timer) : recorder_{recorder}, timer_{timer} {
            recorder_.watchers_.insert(&timer_);
        }
        ~Watch() { recorder_.watchers_.erase(&timer_); }
        Watch(const Watch&) = delete;
        Watch& operator=(const Watch&) = delete;

    private:
        Recorder& recorder_;
        boost::asio::steady_timer& timer_;
    };

private:
    void wake();

    std::deque<Record> records_;
    std::set<boost::asio::steady_timer*> watchers_;
    std::uint64_t last_seq_ = 0;
};

}  // namespace eph::sim
