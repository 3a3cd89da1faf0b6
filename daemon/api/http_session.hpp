// One connection of a local client.
#pragma once

#include <memory>

#include <boost/asio/local/stream_protocol.hpp>

#include "common/async/task.hpp"
#include "daemon/api/services.hpp"
#include "daemon/async/clients.hpp"
#include "daemon/async/turns.hpp"

namespace eph {

// What all of them share: the places, and the turns in which their requests are begun, so that who asks without end
// delays neither the janitor nor other programs.
struct Door {
    Door(asio::any_io_executor executor, std::size_t most_clients) : clients(executor, most_clients), turns(executor) {}
    Clients clients;
    Turns turns;
};

// Serves requests until the client closes, is silent for too long, or `stopping` is set and none is under way.
Task<void> serve_client(asio::local::stream_protocol::socket socket, std::unique_ptr<Clients::Seat> place,
                        Services& services, Door& door, const bool& stopping);

}  // namespace eph
