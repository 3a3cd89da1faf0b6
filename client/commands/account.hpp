// Which account a command works with, before it runs.
#pragma once

#include "client/cli.hpp"

namespace eph {

// --account NAME means EPH_ACCOUNT for this command.
void choose_account(const Arguments& arguments);

// An admin key that ephd has in memory alone is gone when ephd was restarted. Where a person is there to ask, a command
// that needs the account begins with the question for it. Throws Error.
void bring_account(const Command& command, const Arguments& arguments);

}  // namespace eph
