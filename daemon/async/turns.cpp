// Each turn ends when the event loop has gone round once.
#include "daemon/async/turns.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>

namespace eph {

Task<void> Turns::mine(int who) {
    if (!taken_) {
        give_next_later();
        co_return;
    }
    struct Waiting {
        Turns& all;
        int who;
        asio::steady_timer woken;
        Waiting(Turns& turns, int peer)
            : all(turns), who(peer), woken(turns.executor_, asio::steady_timer::time_point::max()) {
            all.waiting_[who].push_back(&woken);
        }
        ~Waiting() {  // where it was cancelled it still stands there
            const auto queue = all.waiting_.find(who);
            if (queue == all.waiting_.end()) return;
            std::erase(queue->second, &woken);
            if (queue->second.empty()) all.waiting_.erase(queue);
        }
    } waiting{*this, who};
    co_await waiting.woken.async_wait(as_result);
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) throw_if_cancelled(asio::error::operation_aborted);
}

void Turns::give_next_later() {
    taken_ = true;
    asio::post(executor_, [this] { next(); });
}

void Turns::next() {
    taken_ = false;
    if (waiting_.empty()) return;
    auto queue = waiting_.upper_bound(last_);
    if (queue == waiting_.end()) queue = waiting_.begin();
    last_ = queue->first;
    queue->second.front()->cancel();
    queue->second.pop_front();
    if (queue->second.empty()) waiting_.erase(queue);
    give_next_later();
}

}  // namespace eph
