// Server-sent events as they come: their data is read as JSON, and what cannot say anything of usage is passed over.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "daemon/broker/json_scan.hpp"
#include "daemon/broker/usage_sum.hpp"

namespace eph {

// https://html.spec.whatwg.org/multipage/server-sent-events.html; but a CR alone, which no provider sends, ends no
// line.
class EventScan {
public:
    explicit EventScan(const UsageMap& map) : map_(&map), scan_(map.places()) {}  // which must outlive it

    void push(std::string_view bytes);
    UsageSum sum() const;                          // with what an event that has not ended says
    std::int64_t guess() const { return guess_; }  // tokens, by the number and length of the events

private:
    enum class Line { begins, data, other };

    std::size_t skip(std::string_view bytes, const char*& word) const;
    void line(std::string_view part, bool ends);
    void end_event();
    void weigh(std::size_t size);

    const UsageMap* map_;
    JsonScan scan_;
    UsageSum sum_;
    Line line_ = Line::begins;
    std::string head_;      // of a line of which it is not known yet what it is
    bool fresh_ = true;     // between two events
    bool data_ = false;     // this event has brought some
    std::size_t size_ = 0;  // of this event so far
    std::size_t least_ = std::numeric_limits<std::size_t>::max();
    std::int64_t guess_ = 0;
};

}  // namespace eph
