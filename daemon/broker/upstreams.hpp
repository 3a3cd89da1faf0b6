// The table of what the broker relays for each provider, with what the configuration changes.
#pragma once

#include <string_view>

#include "daemon/accounts/config_file.hpp"
#include "daemon/broker/upstream.hpp"

namespace eph {

// `name`: of the table of providers, or of `config.providers`; `base`: where its account goes. Throws Error{usage}.
Upstream upstream_for(std::string_view name, const Config& config, BaseUrl base);

// "POST /chat/completions", "GET /models/*", as a configuration has it. Throws Error{usage} that names it.
AllowedPath parse_allowed_path(std::string_view text);

}  // namespace eph
