// Which call meets which fault.
#include "faults.hpp"

#include <utility>

namespace eph::sim {
namespace {

constexpr std::pair<FaultKind, const char*> kKinds[] = {
    {FaultKind::status, "status"},
    {FaultKind::reset_before, "reset_before"},
    {FaultKind::reset_after, "reset_after"},
    {FaultKind::hang, "hang"},
    {FaultKind::delay, "delay"},
    {FaultKind::garbage, "garbage"},
    {FaultKind::truncate, "truncate"},
    {FaultKind::drip, "drip"},
    {FaultKind::empty, "empty"},
    {FaultKind::close_after_headers, "close_after_headers"},
    {FaultKind::other_id, "other_id"},
    {FaultKind::twice, "twice"},
    {FaultKind::shift, "shift"},
    {FaultKind::late, "late"},
    {FaultKind::interim, "interim"},
};

bool matches(const Fault& fault, const Call& call) {
    return (fault.method.empty() || fault.method == call.method) &&
           (call.path + '?' + call.query).find(fault.path_contains) != std::string::npos &&
           call.body.find(fault.body_contains) != std::string::npos;
}

}  // namespace

std::optional<FaultKind> fault_kind(std::string_view text) {
    for (const auto& [kind, name] : kKinds)
        if (text == name) return kind;
    return std::nullopt;
}

const char* to_text(FaultKind kind) {
    for (const auto& [known, name] : kKinds)
        if (kind == known) return name;
    return "";
}

std::optional<Fault> Faults::meet(const Call& call) {
    for (Fault& fault : faults_) {
        if (fault.times == 0 || !matches(fault, call)) continue;
        if (fault.skip > 0) {
            --fault.skip;
            continue;
        }
        if (fault.times > 0) --fault.times;
        ++fault.hits;
        return fault;
    }
    return std::nullopt;
}

}  // namespace eph::sim
