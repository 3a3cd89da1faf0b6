// The relay: HTTP/1.1 from an agent's connection to its provider and back, as it comes.
#pragma once

#include <memory>

#include <boost/asio/generic/stream_protocol.hpp>

#include "common/async/task.hpp"
#include "daemon/broker/brokered.hpp"
#include "daemon/https/https_client.hpp"

namespace eph {

using AgentSocket = boost::asio::generic::stream_protocol::socket;  // a Unix socket's, or loopback's

// Serves one connection of an agent until either side ends it. To cut it, cancel (terminal).
Task<void> serve_agent(AgentSocket socket, std::shared_ptr<Brokered> session, HttpsClient& https);

}  // namespace eph
