// Finds the route of a call: patterns like "/v1/a/{id}/b" in a table, and the query taken apart.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "call.hpp"

namespace eph::sim {

struct Sim;

using Params = std::vector<std::string>;  // what stood in place of each {name}, in order
using Handler = Answer (*)(Sim&, const Call&, const Params&);

struct Route {
    std::string_view method;
    std::string_view pattern;  // a {name} may be followed by text, as in "{model}:generateContent"
    Handler handler;
};

std::optional<Params> match(std::string_view pattern, std::string_view path);

// Runs the handler of the first route that fits. 405 where only the method does not; nullopt where the path is unknown.
std::optional<Answer> dispatch(std::span<const Route> routes, Sim& sim, const Call& call);

std::map<std::string, std::string> parse_query(std::string_view query);

}  // namespace eph::sim
