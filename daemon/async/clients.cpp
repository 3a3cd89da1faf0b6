// Places, and who has to give his up.
#include "daemon/async/clients.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

namespace eph {

// Its coroutine finds the end of the connection, and ends.
bool Clients::cut_first(Client::State state) {
    const auto found = std::find_if(all_.begin(), all_.end(), [&](const Client& each) { return each.state == state; });
    if (found == all_.end()) return false;
    spdlog::debug("a client that kept ephd waiting was cut off");
    found->state = Client::State::cut;
    unsent_ -= std::exchange(found->unread, 0);
    shutdown(found->socket, SHUT_RDWR);
    return true;
}

bool Clients::cut_one() {
    return cut_first(Client::State::silent) || cut_first(Client::State::idle) || cut_first(Client::State::reading);
}

Task<void> Clients::room() {
    while (full()) {
        const bool one_is_going =
            std::any_of(all_.begin(), all_.end(), [](const Client& each) { return each.state == Client::State::cut; });
        if (!one_is_going) (void)cut_one();
        co_await left_.wait();
    }
}

Clients::Seat::Seat(Clients& all, int socket)
    : all_(all), place_(all.all_.insert(all.all_.end(), Client{socket, Client::State::silent})) {}

Clients::Seat::~Seat() {
    becomes(Client::State::cut, 0);
    all_.all_.erase(place_);
    all_.left_.notify();
}

void Clients::Seat::becomes(Client::State state, std::size_t unread) {
    const bool cut = place_->state == Client::State::cut;
    if (place_->state == Client::State::served) --all_.served_;
    all_.unsent_ = all_.unsent_ - place_->unread + unread;
    place_->unread = unread;
    if (cut) return;
    place_->state = state;
    if (state == Client::State::served) ++all_.served_;
    all_.all_.splice(all_.all_.end(), all_.all_, place_);
}

void Clients::Seat::awaits_request() {
    becomes(asked_ ? Client::State::idle : Client::State::silent, 0);
    all_.left_.notify();
}

void Clients::Seat::is_served() {
    asked_ = true;
    becomes(Client::State::served, 0);
}

void Clients::Seat::reads(std::size_t answer) {
    becomes(Client::State::reading, answer);
    while (all_.unsent_ > all_.most_unsent_ && all_.unsent_ > answer) {
        if (!all_.cut_first(Client::State::reading)) break;
    }
}

}  // namespace eph
