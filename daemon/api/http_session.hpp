// One connection of a local client.
#pragma once

#include <boost/asio/local/stream_protocol.hpp>

#include "common/async/task.hpp"
#include "daemon/api/services.hpp"
#include "daemon/async/clients.hpp"

namespace eph {

// Serves requests until the client closes, is silent for too long, or `stopping` is set and none is under way.
Task<void> serve_client(asio::local::stream_protocol::socket socket, Services& services, Clients& clients,
                        const bool& stopping);

}  // namespace eph
