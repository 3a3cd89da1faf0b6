// Options that every kind of session takes.
#include "client/commands/session_options.hpp"

#include <boost/asio/co_spawn.hpp>

#include "client/commands/broker_options.hpp"
#include "client/commands/manual_key.hpp"
#include "client/commands/provider_choice.hpp"
#include "common/async/wipe_stack.hpp"
#include "common/duration.hpp"
#include "common/paths.hpp"
#include "common/providers.hpp"
#include "common/text.hpp"

namespace eph {

std::optional<std::string> plain_value(const Arguments& arguments, std::string_view option) {
    std::optional<std::string> value = arguments.value(option);
    if (value && (value->empty() || has_control(*value))) {
        throw Error{Code::usage, "'{}' cannot be the value of {}", printable(*value, 80), option};
    }
    return value;
}

SessionPlan common_plan(const Arguments& arguments) {
    SessionPlan plan;
    if (!arguments.has("--local")) {
        plan.host = arguments.words.front();
        check_host(plan.host);
    }
    plan.provider = provider_of(arguments);
    plan.via = via_of(arguments);
    plan.limits = limits_of(arguments);
    if (const auto ttl = arguments.value("--ttl")) plan.ttl = parse_duration(*ttl);
    return plan;
}

std::vector<std::string> words_behind_host(const Arguments& arguments) {
    const auto first = arguments.words.begin() + (arguments.has("--local") ? 0 : 1);
    return {first, arguments.words.end()};
}

void take_manual_key(SessionPlan& plan, const Arguments& arguments) {
    if (arguments.has("--prompt-key") && arguments.has("--key-command"))
        throw Error{Code::usage, "--prompt-key and --key-command exclude each other"};
    check_way(plan.via, plan.limits, arguments.has("--prompt-key") || arguments.has("--key-command"));
    if (arguments.has("--prompt-key")) {
        plan.manual_key = prompt_for_key(provider_row(plan.provider).title);
    } else if (const auto command = plain_value(arguments, "--key-command")) {
        (void)provider_row(plan.provider);
        plan.manual_key = key_from_command(*command);
    }
    const std::string base_url = environment(base_url_variable(plan.provider).c_str());
    if (plan.manual_key && !base_url.empty()) plan.base_url = base_url;
}

int run_plan(SessionPlan plan) {
    Progress progress;
    asio::io_context context{1};
    Timeline timeline{context, std::move(plan), progress};
    return run_to_its_end(context, timeline.run());
}

int run_to_its_end(asio::io_context& context, Task<int> session) {
    std::exception_ptr failure;
    int status = 0;
    asio::co_spawn(context, std::move(session), [&](std::exception_ptr thrown, int result) {
        failure = thrown;
        status = result;
        context.stop();  // what still waits, for signals and the lease, ends with the program
    });
    run_and_wipe(context);
    if (failure) std::rethrow_exception(failure);
    return status;
}

}  // namespace eph
