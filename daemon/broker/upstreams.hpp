// STAND-IN until branch "meter" is merged.
#pragma once

#include "daemon/accounts/config_file.hpp"
#include "daemon/broker/upstream.hpp"

namespace eph {

Upstream upstream_for(std::string_view name, const Config& config, BaseUrl base);

}  // namespace eph
