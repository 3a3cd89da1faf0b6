// Asks ephd for a session, holds its lease, and takes it up again when ephd was restarted.
#pragma once

#include "client/api_client.hpp"
#include "client/session/inbox.hpp"

namespace eph {

// Runs until the session is over. Everything that happens goes into `inbox`: KeyMade or KeyFailed first.
Task<void> hold_session(ApiClient& api, wire::StartSession request, Inbox& inbox);

}  // namespace eph
