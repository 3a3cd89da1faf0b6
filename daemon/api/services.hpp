// What the API's handlers work with. App owns all of it.
#pragma once

#include <filesystem>

#include "daemon/accounts/accounts.hpp"
#include "daemon/async/task_group.hpp"
#include "daemon/broker/broker.hpp"
#include "daemon/https/https_client.hpp"
#include "daemon/janitor/janitor.hpp"
#include "daemon/ledger/ledger.hpp"
#include "daemon/providers/openai.hpp"
#include "daemon/sessions/sessions.hpp"

namespace eph {

struct Services {
    Ledger& ledger;
    Accounts& accounts;
    HttpsClient& https;
    OpenAi& openai;
    Janitor& janitor;
    Sessions& sessions;
    Broker& broker;
    Signal& noted;  // the audit trail has a new line
    Timestamp started;
};

}  // namespace eph
