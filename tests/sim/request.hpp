// From Beast's request to a Call.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>

#include "call.hpp"

namespace eph::sim {

Call call_of(boost::beast::http::request<boost::beast::http::string_body> request, std::uint64_t connection);

}  // namespace eph::sim
