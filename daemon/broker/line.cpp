// The only place where the relay touches sockets.
#include "daemon/broker/line.hpp"

#include <algorithm>
#include <cstring>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/post.hpp>

#include "common/secret.hpp"

namespace eph {
namespace {

constexpr std::size_t first_allocation = std::size_t{4} * 1024;  // for most answers, and any event of a stream

}  // namespace

void Wake::notify() {
    if (also_ != nullptr) also_->notify();
    if (!waiting_) return;
    Waiting waiting = std::move(*waiting_);
    waiting_.reset();
    waiting();
}

Task<void> Wake::wait(Clock::time_point until) {
    set_alarm(until);
    return asio::async_initiate<const asio::use_awaitable_t<>, void()>(
        [this](Waiting waiting) { begin(std::move(waiting)); }, use_awaitable);
}

void Wake::begin(Waiting waiting) {
    const auto cancellation = asio::get_associated_cancellation_slot(waiting);
    waiting_.emplace(std::move(waiting));
    // By way of the loop: what cancels is not to find itself within what it cancels.
    const auto cancel = [this](asio::cancellation_type) {
        asio::post(alarm_.get_executor(), [wake = shared_from_this()] { wake->notify(); });
    };
    if (cancellation.is_connected()) asio::cancellation_slot{cancellation}.assign(cancel);
}

void Wake::set_alarm(Clock::time_point until) {
    if (until >= alarm_at_) return;
    alarm_at_ = until;
    alarm_.expires_at(until);
    alarm_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
        const auto wake = weak.lock();
        if (cancelled || !wake) return;
        wake->alarm_at_ = Clock::time_point::max();
        wake->notify();
    });
}

Line::Line(ConnectionPtr connection, std::shared_ptr<Wake> wake, std::size_t capacity)
    : connection_(std::move(connection)), wake_(std::move(wake)), capacity_(capacity) {}

void Line::consume(std::size_t size) {
    begin_ += size;
    if (begin_ == end_) begin_ = end_ = 0;
}

void Line::consume_secret(std::size_t size) {
    wipe_range(memory_.get() + begin_, size);
    consume(size);
}

void Line::read() {
    if (reading_ || over_) return;
    if (failure_) {
        over_ = true;
        return;
    }
    make_room();
    if (end_ == allocated_) return;
    reading_ = true;
    if (connection_->has_unread()) return take_in();
    wait_to_read(asio::socket_base::wait_read);
}

void Line::wait_to_read(asio::socket_base::wait_type what) {
    connection_->socket().async_wait(what, [self = shared_from_this()](boost::system::error_code failure) {
        if (failure) {
            self->reading_ = false;
            self->failure_ = failure;
            self->over_ = true;
        } else {
            self->take_in();
        }
        if (!self->reading_) self->wake_->notify();
    });
}

// What is there, as far as there is room; else it goes on waiting. An end behind it is told by the next read().
void Line::take_in() {
    const std::size_t before = end_;
    do {
        const auto step = connection_->read(asio::buffer(memory_.get() + end_, allocated_ - end_));
        if (step.must_wait()) {
            if (end_ == before) return wait_to_read(step.awaits);
            break;
        }
        end_ += step.size;
        failure_ = step.failure;
    } while (!failure_ && end_ < allocated_ && connection_->has_unread());
    reading_ = false;
    over_ = failure_ && end_ == before;
    cramped_ = end_ == allocated_;
}

void Line::make_room() {
    if (begin_ != 0 && (begin_ == end_ || end_ == allocated_)) {
        const std::size_t size = end_ - begin_;
        std::memmove(memory_.get(), memory_.get() + begin_, size);
        const std::size_t old = std::max(begin_, size);  // what stands there, stands in front now
        wipe_range(memory_.get() + old, end_ - old);
        end_ = size;
        begin_ = 0;
    }
    if ((end_ == allocated_ || std::exchange(cramped_, false)) && allocated_ < capacity_)
        grow(std::min(capacity_, std::max(allocated_ * 4, first_allocation)));
}

void Line::grow(std::size_t capacity) {
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (end_ != 0) std::memcpy(larger.get(), memory_.get(), end_);
    memory_ = std::move(larger);
    allocated_ = capacity;
}

void Line::shrink() {
    if (allocated_ <= first_allocation || begin_ != end_) return;
    memory_ = std::make_unique_for_overwrite<char[]>(first_allocation);
    allocated_ = first_allocation;
}

void Line::write(const Pieces& pieces, const std::shared_ptr<const void>& keep) {
    pieces_ = pieces;
    written_ = 0;
    write_failure_ = {};
    writing_ = true;
    go_on_writing(keep);
}

void Line::go_on_writing(const std::shared_ptr<const void>& keep) {
    while (asio::buffer_size(pieces_) != 0) {
        const auto step = connection_->write(pieces_);
        if (step.must_wait()) {
            connection_->socket().async_wait(step.awaits, [self = shared_from_this(), keep](auto failure) {
                self->write_failure_ = failure;
                self->writing_ = !failure;
                if (!failure) self->go_on_writing(keep);
                if (!self->writing_) self->wake_->notify();
            });
            return;
        }
        write_failure_ = step.failure;
        if (step.failure) break;
        written_ += step.size;
        std::size_t passed = step.size;
        for (asio::const_buffer& piece : pieces_) {
            const std::size_t part = std::min(passed, piece.size());
            piece += part;
            passed -= part;
        }
    }
    writing_ = false;
}

void Line::stop_writing() {
    boost::system::error_code ignored;
    connection_->socket().cancel(ignored);
}

void Line::end_of_writing() {
    boost::system::error_code ignored;
    connection_->socket().shutdown(asio::socket_base::shutdown_send, ignored);
}

void Line::close() {
    boost::system::error_code ignored;
    if (connection_) connection_->socket().close(ignored);
    over_ = true;
}

void Line::reset() {
    boost::system::error_code ignored;
    connection_->socket().set_option(asio::socket_base::linger{true, 0}, ignored);
    close();
}

void Line::attach(ConnectionPtr connection) {
    connection_ = std::move(connection);
    begin_ = end_ = 0;
    over_ = false;
    failure_ = write_failure_ = {};
}

}  // namespace eph
