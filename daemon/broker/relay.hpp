// The relay: HTTP/1.1 from an agent's connection to its provider and back, as it comes.
#pragma once

#include <memory>

#include <boost/asio/generic/stream_protocol.hpp>

#include "common/async/task.hpp"
#include "daemon/async/clients.hpp"
#include "daemon/broker/brokered.hpp"
#include "daemon/https/https_client.hpp"

namespace eph {

using AgentSocket = boost::asio::generic::stream_protocol::socket;  // a Unix socket's, or loopback's

// Every wait has an end.
struct RelayLimits {
    Duration head = std::chrono::seconds{30};      // of a request, from its first byte
    Duration idle = std::chrono::minutes{2};       // between requests
    Duration body = std::chrono::seconds{60};      // that the agent sends nothing of a body
    std::uint64_t body_rate = 1024;                // bytes a second that it sends on the average, after that time
    Duration meter = std::chrono::minutes{5};      // that others of the session have to end first
    Duration upstream = std::chrono::minutes{10};  // that the provider neither reads nor says anything
    Duration reader = std::chrono::minutes{5};     // that the agent does not read
    Duration farewell = std::chrono::seconds{2};   // that a refused agent may go on sending
};

// Serves one connection of an agent until either side ends it. To cut it, cancel (terminal). `clients`: of the session;
// nullptr for as many as there are.
Task<void> serve_agent(AgentSocket socket, std::shared_ptr<Brokered> session, HttpsClient& https,
                       RelayLimits limits = {}, Clients* clients = nullptr);

}  // namespace eph
