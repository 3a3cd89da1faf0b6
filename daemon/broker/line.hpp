// One side of a relay: a connection, what was read from it and is not used yet, and what is being written to it.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/async/signal.hpp"
#include "daemon/https/connection.hpp"

namespace eph {

// What a relay waits for, whatever it is: bytes on either side, the end of a write, or that too much time has passed.
// The one coroutine that waits goes on within notify(), so that nothing has to go round the loop.
class Wake : public std::enable_shared_from_this<Wake> {
public:
    using Clock = std::chrono::steady_clock;

    explicit Wake(asio::any_io_executor executor) : alarm_(executor) {}

    void notify();

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
    using Waiting = asio::async_result<asio::use_awaitable_t<>, void()>::handler_type;

    void set_alarm(Clock::time_point until);
    void begin(Waiting waiting);

    std::optional<Waiting> waiting_;
    Signal* also_ = nullptr;
    asio::steady_timer alarm_;  // set once for many waits: it may go off before its time has come, never after
    Clock::time_point alarm_at_ = Clock::time_point::max();
};

inline asio::const_buffer bytes(std::string_view text) { return {text.data(), text.size()}; }

// What can be done at once is done within read() and write(). The rest goes on by itself, and whoever uses a line waits
// for its Wake and looks. The handlers hold the line, so that a relay may end while one is under way.
class Line : public std::enable_shared_from_this<Line> {
public:
    using ConnectionPtr = std::unique_ptr<Connection>;

    // Reads at most `capacity` bytes ahead of what is consumed.
    Line(ConnectionPtr connection, std::shared_ptr<Wake> wake, std::size_t capacity);

    // What was read. Views into it hold until the next read() that begins.
    std::string_view unread() const { return {memory_.get() + begin_, end_ - begin_}; }
    char* data() { return memory_.get() + begin_; }
    void consume(std::size_t size);
    void consume_secret(std::size_t size);  // and wipes it: the line's memory lives on
    void read();                            // more, unless that is being done, or there is no room or no more
    void shrink();                          // after much was read: what is not needed for a little is given back
    bool reading() const { return reading_; }
    bool ended() const { return over_; }  // the other side says no more, be it in good order or not; all it said came
    bool ended_well() const { return over_ && failure_ == asio::error::eof; }
    bool full() const { return end_ - begin_ == capacity_; }
    std::string why() const { return failure_.message(); }

    // All of it, in this order. What it points to must stay as it is until writing() is false; `keep` holds its memory
    // for as long, whatever becomes of the relay.
    using Pieces = std::array<asio::const_buffer, 3>;
    void write(const Pieces& pieces, const std::shared_ptr<const void>& keep);
    bool writing() const { return writing_; }
    bool write_failed() const { return static_cast<bool>(write_failure_); }
    std::size_t written() const { return written_; }  // by the last write

    void stop_writing();    // as soon as can be: what is left of it is not sent, and nothing can be written after it
    void end_of_writing();  // the other side reads an end, and may still write
    void close();
    void reset();  // so that the other side cannot take it for an end in good order

    // The connection for another use, and back: a line is kept for the sake of its memory. Nothing may be under way.
    ConnectionPtr take_connection() { return std::exchange(connection_, nullptr); }
    void attach(ConnectionPtr connection);

private:
    void wait_to_read(asio::socket_base::wait_type what);
    void take_in();
    void go_on_writing(const std::shared_ptr<const void>& keep);
    void make_room();
    void grow(std::size_t capacity);

    ConnectionPtr connection_;
    std::shared_ptr<Wake> wake_;
    std::unique_ptr<char[]> memory_;
    std::size_t allocated_ = 0;
    std::size_t capacity_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool cramped_ = false;  // what came took all the room there was
    bool reading_ = false;
    bool over_ = false;
    bool writing_ = false;
    Pieces pieces_;  // what is left of a write
    std::size_t written_ = 0;
    boost::system::error_code failure_;        // why nothing more comes, once what came before it was seen
    boost::system::error_code write_failure_;  // of the last write
};

}  // namespace eph
