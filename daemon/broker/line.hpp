// One side of a relay: a connection, what was read from it and is not used yet, and what is being written to it.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string_view>
#include <variant>

#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/async/signal.hpp"
#include "daemon/broker/relay.hpp"
#include "daemon/https/connection.hpp"

namespace eph {

// What a relay waits for, whatever it is: bytes on either side, the end of a write, or that too much time has passed.
class Wake : public std::enable_shared_from_this<Wake> {
public:
    using Clock = std::chrono::steady_clock;

    explicit Wake(asio::any_io_executor executor) : signal_(executor), alarm_(executor) {}

    void notify() {
        signal_.notify();
        if (also_ != nullptr) also_->notify();
    }

    // For as long as it lives, whatever would wake this wakes those who wait for the other signal, too.
    class Also {
    public:
        Also(Wake& wake, Signal& signal) : wake_(wake) { wake_.also_ = &signal; }
        ~Also() { wake_.also_ = nullptr; }
        Also(const Also&) = delete;
        Also& operator=(const Also&) = delete;

    private:
        Wake& wake_;
    };

    // Waits for the next notify(), at most until `until` or a little earlier: the caller looks at the clock.
    Task<void> wait(Clock::time_point until);

private:
    Signal signal_;
    Signal* also_ = nullptr;
    asio::steady_timer alarm_;  // set once for many waits: it may go off before its time has come, never after
    Clock::time_point alarm_at_ = Clock::time_point::max();
};

inline asio::const_buffer bytes(std::string_view text) { return {text.data(), text.size()}; }

// Reads and writes go on by themselves; whoever uses a line waits for its Wake and looks. Their handlers hold the line,
// so that a relay may end while one is under way.
class Line : public std::enable_shared_from_this<Line> {
public:
    using Upstream = std::unique_ptr<HttpsClient::Connection>;

    // Reads at most `capacity` bytes ahead of what is consumed.
    Line(AgentSocket agent, std::shared_ptr<Wake> wake, std::size_t capacity);
    Line(Upstream upstream, std::shared_ptr<Wake> wake, std::size_t capacity);

    // What was read. Views into it hold until the next read(), and longer while one is under way.
    std::string_view unread() const { return {memory_.get() + begin_, end_ - begin_}; }
    char* data() { return memory_.get() + begin_; }
    void consume(std::size_t size);
    void consume_secret(std::size_t size);  // and wipes it: the line's memory lives on
    void read();  // more, unless that is being done, or there is no room or no more
    bool reading() const { return reading_; }
    bool ended() const { return over_; }  // the other side says no more, be it in good order or not
    bool ended_well() const { return over_ && failure_ == asio::error::eof; }
    bool full() const { return end_ - begin_ == capacity_; }
    std::string why() const { return failure_.message(); }

    // All of it, in this order. What it points to must stay as it is until writing() is false; `keep` holds its memory
    // for as long, whatever becomes of the relay.
    using Pieces = std::array<asio::const_buffer, 3>;
    void write(Pieces pieces, std::shared_ptr<const void> keep);
    bool writing() const { return writing_; }
    bool write_failed() const { return static_cast<bool>(write_failure_); }
    std::size_t written() const { return written_; }  // by the last write

    void stop_writing();    // as soon as can be: what is left of it is not sent, and nothing can be written after it
    void end_of_writing();  // the other side reads an end, and may still write
    void close();
    void reset();  // so that the other side cannot take it for an end in good order

    // The connection for another use, and back: a line is kept for the sake of its memory. Nothing may be under way.
    Upstream take_upstream() { return std::exchange(std::get<Upstream>(stream_), nullptr); }
    void attach(Upstream upstream);

private:
    template <class Do>
    void with_stream(Do what);
    void make_room();
    void grow(std::size_t capacity);

    std::variant<AgentSocket, Upstream> stream_;
    std::shared_ptr<Wake> wake_;
    std::unique_ptr<char[]> memory_;
    std::size_t allocated_ = 0;
    std::size_t capacity_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool reading_ = false;
    bool over_ = false;
    bool writing_ = false;
    std::size_t written_ = 0;
    boost::system::error_code failure_;        // why it is over
    boost::system::error_code write_failure_;  // of the last write
};

}  // namespace eph
