// The routes of the local API: data, one line each.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "daemon/api/exchange.hpp"
#include "daemon/api/services.hpp"

namespace eph {

using PlainHandler = Task<ApiReply> (*)(Services&, const ApiRequest&);
using StreamHandler = Task<void> (*)(Services&, const ApiRequest&, EventStream&);

struct Route {
    std::string_view method;
    std::string_view pattern;
    PlainHandler plain = nullptr;
    StreamHandler stream = nullptr;
    bool reserve = false;  // looks, or ends something: served even where only the last places are free
};

// All of them, as docs/api.yaml describes them.
std::span<const Route> all_routes();

// The route for the request, its placeholders filled in. Throws Error{not_found}, also for a method that a path does
// not have.
const Route& find_route(ApiRequest& request);

}  // namespace eph
