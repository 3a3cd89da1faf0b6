// JSON keeps whatever a host's name may hold on one line.
#include "client/session/host_status.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace eph {
namespace {

std::string line(const nlohmann::json& status) {
    return "status " + status.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

}  // namespace

std::string live_line(std::string_view host, Duration left) {
    const auto seconds = std::chrono::round<std::chrono::seconds>(std::max(left, Duration{0})).count();
    return line({{"state", "live"}, {"host", host}, {"left", seconds}});
}

std::string over_line(std::string_view host, std::string_view why) {
    return line({{"state", "over"}, {"host", host}, {"why", why}});
}

}  // namespace eph
