// The only place where the relay touches sockets.
#include "daemon/broker/line.hpp"

#include <algorithm>
#include <cstring>

#include <boost/asio/write.hpp>

#include "common/secret.hpp"

namespace eph {
namespace {

constexpr std::size_t first_allocation = std::size_t{16} * 1024;

}  // namespace

Task<void> Wake::wait(Clock::time_point until) {
    if (until < alarm_at_) {
        alarm_at_ = until;
        alarm_.expires_at(until);
        alarm_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
            const auto wake = weak.lock();
            if (cancelled || !wake) return;
            wake->alarm_at_ = Clock::time_point::max();
            wake->notify();
        });
    }
    co_await signal_.wait();
}

Line::Line(AgentSocket agent, std::shared_ptr<Wake> wake, std::size_t capacity)
    : stream_(std::move(agent)), wake_(std::move(wake)), capacity_(capacity) {}

Line::Line(Upstream upstream, std::shared_ptr<Wake> wake, std::size_t capacity)
    : stream_(std::move(upstream)), wake_(std::move(wake)), capacity_(capacity) {}

template <class Do>
void Line::with_stream(Do what) {
    if (AgentSocket* agent = std::get_if<AgentSocket>(&stream_)) {
        what(*agent);
    } else {
        std::visit(what, std::get<Upstream>(stream_)->stream());
    }
}

void Line::consume(std::size_t size) {
    begin_ += size;
    if (begin_ == end_ && !reading_) begin_ = end_ = 0;
}

void Line::consume_secret(std::size_t size) {
    wipe_range(memory_.get() + begin_, size);
    consume(size);
}

void Line::read() {
    if (reading_ || over_) return;
    make_room();
    if (end_ == allocated_) return;
    reading_ = true;
    const auto room = asio::buffer(memory_.get() + end_, allocated_ - end_);
    with_stream([&](auto& stream) {
        stream.async_read_some(room, [self = shared_from_this()](boost::system::error_code failure, std::size_t size) {
            self->reading_ = false;
            self->end_ += size;
            self->over_ = static_cast<bool>(failure);
            self->failure_ = failure;
            self->wake_->notify();
        });
    });
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
    if (end_ == allocated_ && allocated_ < capacity_)
        grow(std::min(capacity_, std::max(allocated_ * 4, first_allocation)));
}

void Line::grow(std::size_t capacity) {
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (end_ != 0) std::memcpy(larger.get(), memory_.get(), end_);
    memory_ = std::move(larger);
    allocated_ = capacity;
}

void Line::write(Pieces pieces, std::shared_ptr<const void> keep) {
    writing_ = true;
    written_ = 0;
    write_failure_ = {};
    with_stream([&](auto& stream) {
        asio::async_write(stream, pieces,
                          [self = shared_from_this(), keep](boost::system::error_code failure, std::size_t size) {
                              self->writing_ = false;
                              self->written_ = size;
                              self->write_failure_ = failure;
                              self->wake_->notify();
                          });
    });
}

void Line::stop_writing() {
    boost::system::error_code ignored;
    std::get<Upstream>(stream_)->socket().cancel(ignored);
}

void Line::end_of_writing() {
    boost::system::error_code ignored;
    std::get<AgentSocket>(stream_).shutdown(AgentSocket::shutdown_send, ignored);
}

void Line::close() {
    boost::system::error_code ignored;
    if (AgentSocket* agent = std::get_if<AgentSocket>(&stream_)) {
        agent->close(ignored);
    } else if (const Upstream& upstream = std::get<Upstream>(stream_)) {
        upstream->socket().close(ignored);
    }
    over_ = true;
}

void Line::reset() {
    boost::system::error_code ignored;
    std::get<AgentSocket>(stream_).set_option(asio::socket_base::linger{true, 0}, ignored);
    close();
}

void Line::attach(Upstream upstream) {
    stream_ = std::move(upstream);
    begin_ = end_ = 0;
    over_ = false;
    failure_ = write_failure_ = {};
}

}  // namespace eph
