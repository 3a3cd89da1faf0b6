// A bounded number of places, given in the order in which they were asked for.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "common/async/task.hpp"
#include "common/time.hpp"

namespace eph {

class Places {
public:
    Places(asio::any_io_executor executor, std::size_t most) : executor_(executor), most_(most) {}
    Places(const Places&) = delete;
    Places& operator=(const Places&) = delete;

    class Place {  // given back at its end
    public:
        Place() = default;
        explicit Place(Places& all) : all_(&all) {}
        Place(Place&& other) noexcept : all_(std::exchange(other.all_, nullptr)) {}
        Place& operator=(Place&& other) noexcept {
            std::swap(all_, other.all_);
            return *this;
        }
        ~Place() {
            if (all_ != nullptr) all_->give_back();
        }

    private:
        Places* all_ = nullptr;
    };

    // Error{busy, sentence} when none has come within `limit`.
    Task<Place> take(Duration limit, std::string sentence);

private:
    struct Waiter {
        explicit Waiter(asio::any_io_executor executor) : woken(executor) {}
        asio::steady_timer woken;
        bool given = false;
    };

    void give_back();

    asio::any_io_executor executor_;
    std::size_t most_;
    std::size_t taken_ = 0;
    std::list<Waiter*> waiting_;
};

}  // namespace eph
