// What shall go wrong, and for which of the coming calls.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "call.hpp"

namespace eph::sim {

enum class FaultKind {
    status,               // another status than the true one
    reset_before,         // RST, and the call had no effect
    reset_after,          // RST, and the call had its effect
    hang,                 // no answer until the caller gives up
    delay,                // a late answer
    garbage,              // a 200 that is not JSON
    truncate,             // half of an answer, then the end of the connection
    drip,                 // the true answer, byte by byte
    empty,                // a 200 without a body
    close_after_headers,  // the head of an answer, then the end of the connection
    other_id,             // the true answer to a creation, with the id of somebody else's account
    twice,                // the call takes effect twice, and the first answer is given
    shift,    // a page as it is when accounts before it were deleted since the last one: its first are missing
    late,     // a deletion is confirmed at once, and happens after the delay
    interim,  // informational answers first, and after the delay the true one
};
std::optional<FaultKind> fault_kind(std::string_view text);
const char* to_text(FaultKind kind);

struct Fault {
    FaultKind kind = FaultKind::status;
    std::string method, path_contains, body_contains;  // an empty one matches all
    int skip = 0;                                      // so many matching calls go through first
    int times = 1;                                     // then so many meet the fault; -1: every one
    bool effect = false;                               // does the call take effect first
    std::optional<unsigned> status;
    Headers headers;
    std::optional<std::string> body;
    std::chrono::milliseconds delay{0};
    std::size_t items = 1;  // of a shift: how many are missing; of an interim: how many come first
    unsigned hits = 0;
};

class Faults {
public:
    void add(Fault fault) { faults_.push_back(std::move(fault)); }
    void clear() { faults_.clear(); }
    const std::vector<Fault>& all() const { return faults_; }

    // The fault that this call meets: the first that matches and is not used up. Counts the call.
    std::optional<Fault> meet(const Call& call);

private:
    std::vector<Fault> faults_;
};

}  // namespace eph::sim
