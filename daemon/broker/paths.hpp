// Which of a provider's paths a request asks for, and where that is at the provider.
#pragma once

#include <string>
#include <string_view>

#include "daemon/broker/upstream.hpp"

namespace eph {

struct RelayRoute {
    const AllowedPath* allowed = nullptr;  // none: nothing that eph relays
    std::string methods;                   // of that path, where only the method is not relayed; else ""
    std::string_view path;                 // below the base path, "/responses"
    std::string query;                     // without credentials, and without the question mark
};

// `target` is the request's, of characters that http_head.hpp lets pass; `path` is a view into it. Every path that two
// servers might resolve in two ways (dots, empty segments, escaped slashes) is one that eph does not relay.
RelayRoute find_route(const Upstream& upstream, std::string_view method, std::string_view target);

// Does the pattern of an AllowedPath fit?
bool path_fits(std::string_view pattern, std::string_view path);

std::string_view query_of(std::string_view target);  // behind the question mark

// The values of parameters that hold a credential, as they would be compared: without their escapes.
std::vector<std::string> credentials_in(std::string_view query);
std::string without_credentials(std::string_view query);

}  // namespace eph
