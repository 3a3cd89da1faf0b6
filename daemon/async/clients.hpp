// Who is connected: how many at the same time, how much they may leave unread, and who has to go.
#pragma once

#include <algorithm>
#include <cstddef>
#include <list>

#include "common/async/signal.hpp"
#include "daemon/bounds.hpp"

namespace eph {

// A client either keeps ephd waiting (for a request, or for its answer to be read), or ephd the client. Only the first
// kind is ever cut off.
class Clients {
public:
    Clients(asio::any_io_executor executor, std::size_t most, std::size_t most_unsent = bounds::api_unsent)
        : most_(most), reserve_(std::min(bounds::api_reserve, most / 4)), most_unsent_(most_unsent), left_(executor) {}
    Clients(const Clients&) = delete;
    Clients& operator=(const Clients&) = delete;

    // Until another one may come. Where all places are taken, one is cut off: of those who have never asked anything
    // who has been silent for longest, else of those who are silent since, else of those who do not read their answer.
    Task<void> room();
    bool full() const { return all_.size() >= most_; }
    bool cut_one();  // false: ephd waits for none of them
    std::size_t size() const { return all_.size(); }

private:
    struct Client {
        int socket;
        enum class State { silent, idle, served, reading, cut } state;
        std::size_t unread = 0;
    };
    using Place = std::list<Client>::iterator;

public:
    // One connection; its socket stays open for as long as this lives.
    class Seat {
    public:
        Seat(Clients& all, int socket);
        ~Seat();
        Seat(const Seat&) = delete;
        Seat& operator=(const Seat&) = delete;

        void awaits_request();
        void is_served();  // an answer that goes on, like a lease, is no waiting
        void reads(std::size_t answer);

        // May a request begin that stays for longer than its answer takes to write?
        bool may_stay() const { return all_.served_ + all_.reserve_ <= all_.most_; }

    private:
        void becomes(Client::State state, std::size_t unread);

        Clients& all_;
        Place place_;
        bool asked_ = false;
    };

private:
    bool cut_first(Client::State state);

    std::size_t most_;
    std::size_t reserve_;
    std::size_t most_unsent_;
    std::list<Client> all_;  // who came into his present state first, first
    std::size_t served_ = 0;
    std::size_t unsent_ = 0;
    Signal left_;  // somebody, or may be made to
};

}  // namespace eph
