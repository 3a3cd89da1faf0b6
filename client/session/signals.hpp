// Signals as events of a session.
#pragma once

#include "client/session/inbox.hpp"

namespace eph {

// Until it is cancelled. What was ignored when eph started stays ignored: nohup, a job in the background of a script.
Task<void> watch_signals(Inbox& inbox);

}  // namespace eph
