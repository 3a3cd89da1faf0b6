// A place that is given back goes to who has waited for longest; only one is woken for it.
#include "daemon/async/places.hpp"

#include "common/error.hpp"

namespace eph {

void Places::give_back() {
    if (waiting_.empty()) {
        --taken_;
        return;
    }
    Waiter* const next = waiting_.front();
    waiting_.pop_front();
    next->given = true;
    next->woken.cancel();
}

Task<Places::Place> Places::take(Duration limit, std::string sentence) {
    if (taken_ < most_) {
        ++taken_;
        co_return Place{*this};
    }
    struct Waiting {
        Places& all;
        Waiter self;
        explicit Waiting(Places& places) : all(places), self(places.executor_) { all.waiting_.push_back(&self); }
        ~Waiting() {
            all.waiting_.remove(&self);
            if (self.given) all.give_back();  // given while it was being cancelled
        }
    } waiting{*this};
    waiting.self.woken.expires_after(limit);
    co_await waiting.self.woken.async_wait(as_result);
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) throw_if_cancelled(asio::error::operation_aborted);
    if (!waiting.self.given) throw Error{Code::busy, "{}", sentence};
    waiting.self.given = false;
    co_return Place{*this};
}

}  // namespace eph
