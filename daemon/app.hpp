// What ephd consists of, in construction order; the reverse is the order of the drain.
#pragma once

#include <boost/asio/io_context.hpp>

#include "daemon/accounts/accounts.hpp"
#include "daemon/api/listener.hpp"
#include "daemon/api/services.hpp"
#include "daemon/async/task_group.hpp"
#include "daemon/bounds.hpp"
#include "daemon/broker/broker.hpp"
#include "daemon/broker/prices.hpp"
#include "daemon/https/https_client.hpp"
#include "daemon/janitor/janitor.hpp"
#include "daemon/ledger/ledger.hpp"
#include "daemon/options.hpp"
#include "daemon/process.hpp"
#include "daemon/providers/openai.hpp"
#include "daemon/sessions/sessions.hpp"

namespace eph {

class App {
public:
    App(asio::io_context& context, const Options& options, FoundCredentials found);

    // Serves until SIGTERM or SIGINT, then drains.
    Task<void> run();

private:
    void start();
    Task<void> drain();
    Task<void> look_after_ledger();

    asio::io_context& context_;
    Timestamp started_ = now();
    bounds::DescriptorPlan descriptors_;
    Ledger ledger_;
    Accounts accounts_;
    HttpsClient https_;
    OpenAi openai_;
    Signal noted_;
    Signal damaged_;  // the ledger
    TaskGroup background_;
    Janitor janitor_;
    Sessions sessions_;
    Prices prices_;
    Broker broker_;
    Services services_;
    TaskGroup clients_;
    Listener listener_;
    int ready_descriptor_;
    bool stopping_ = false;
};

}  // namespace eph
