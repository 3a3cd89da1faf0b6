// --via, and the limits that a session through the broker may have.
#pragma once

#include "client/cli.hpp"
#include "client/session/credential.hpp"
#include "common/wire_usage.hpp"

namespace eph {

// Both throw Error{usage} that names the option.
Via via_of(const Arguments& arguments);
wire::Limits limits_of(const Arguments& arguments);

}  // namespace eph
