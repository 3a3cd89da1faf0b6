// What eph <host> and eph exec have in common: where, for how long, and with which credential.
#pragma once

#include "client/cli.hpp"
#include "client/session/timeline.hpp"

namespace eph {

// The option's value, as one word or line. Throws Error{usage} where it is empty or holds control characters.
std::optional<std::string> plain_value(const Arguments& arguments, std::string_view option);

// Host, provider, time, --via and limits. `arguments.words` without the host is the command's own.
SessionPlan common_plan(const Arguments& arguments);
std::vector<std::string> words_behind_host(const Arguments& arguments);

// The key of --prompt-key or --key-command, which asks the person or runs the command: to be called when nothing else
// can be wrong any more.
void take_manual_key(SessionPlan& plan, const Arguments& arguments);

// Both answer with the exit status.
int run_plan(SessionPlan plan);
int run_to_its_end(asio::io_context& context, Task<int> session);

}  // namespace eph
