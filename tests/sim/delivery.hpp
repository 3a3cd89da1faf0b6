// Brings one answer to its caller: truly, or as a fault has it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <string>

#include "sim.hpp"

namespace eph::sim {

// The caller's end, plain or TLS.
class Wire {
public:
    virtual ~Wire() = default;
    virtual boost::asio::awaitable<bool> write(std::string bytes) = 0;  // false: the caller is gone
    virtual boost::asio::awaitable<void> until_caller_leaves() = 0;
};

enum class After {
    keep,   // the next request may come
    close,  // ended in good order
    cut,    // ended without a word: no TLS close_notify
    reset,  // RST
};

class Delivery {
public:
    Delivery(Sim& sim, Wire& wire, boost::asio::any_io_executor executor, bool keep_alive)
        : sim_{sim}, wire_{wire}, timer_{executor}, keep_alive_{keep_alive} {}

    // Records the call, lets it meet its fault, answers it.
    boost::asio::awaitable<After> answer_provider_call(const Call& call);
    boost::asio::awaitable<After> send(const Answer& answer);

private:
    boost::asio::awaitable<After> fail(const Call& call, const Fault& fault);
    boost::asio::awaitable<After> hang_on();
    boost::asio::awaitable<After> send_part(const Answer& answer, double part_of_body);
    boost::asio::awaitable<After> send_slowly(const Answer& answer, std::chrono::milliseconds between);
    boost::asio::awaitable<After> send_after_interim(const Call& call, const Fault& fault);
    boost::asio::awaitable<void> pause(std::chrono::milliseconds length);
    void note(unsigned status);

    Sim& sim_;
    Wire& wire_;
    boost::asio::steady_timer timer_;
    bool keep_alive_;
    std::uint64_t seq_ = 0;  // of the record; 0 for the control API, which is not recorded
    unsigned status_ = 0;
};

}  // namespace eph::sim
