// One table of reasons.
#include "client/session/told_end.hpp"

#include <array>
#include <csignal>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "common/text.hpp"

namespace eph {
namespace {

constexpr int time_is_up = 124;  // as timeout(1) has it

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> reasons{{
    {"asked", "it was stopped by eph stop or its key was revoked"},
    {"ephd_stopped", "ephd was stopped"},
    {"gone_at_provider", "its key is gone at the provider, though nobody here revoked it"},
    {"ledger_damaged", "ephd's ledger was damaged, and all sessions in it are over; see: eph status"},
    {"lease_closed", "ephd was restarted and did not hear of it in time"},
}};

}  // namespace

ToldEnd told_end(const std::string& reason, Timestamp ends_at) {
    if (reason == "deadline") return {fmt::format("its time was up at {}", local_clock(ends_at)), time_is_up};
    constexpr int ended = 128 + SIGTERM;
    for (const auto& [name, words] : reasons) {
        if (name == reason) return {std::string{words}, ended};
    }
    return {printable(reason, 200), ended};
}

}  // namespace eph
