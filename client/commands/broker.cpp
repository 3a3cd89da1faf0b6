// eph broker <provider>: the broker for any other program on this machine.
#include "client/commands/broker_options.hpp"
#include "client/commands/commands.hpp"
#include "client/commands/provider_choice.hpp"
#include "client/commands/session_options.hpp"
#include "client/session/serving.hpp"
#include "common/duration.hpp"

namespace eph {

int serve_broker(const Arguments& arguments) {
    ServingPlan plan;
    plan.provider = provider_name(arguments.words.front());
    plan.limits = limits_of(arguments);
    if (const auto ttl = arguments.value("--ttl")) plan.ttl = parse_duration(*ttl);
    plan.json = arguments.has("--json");
    Progress progress;
    asio::io_context context{1};
    Serving serving{context, std::move(plan), progress};
    return run_to_its_end(context, serving.run());
}

}  // namespace eph
