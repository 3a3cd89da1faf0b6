// What the documents of one answer say of its usage, put together: of each member the last word.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/broker/json_scan.hpp"
#include "daemon/broker/meter.hpp"
#include "daemon/broker/upstream.hpp"

namespace eph {

// Where to look, for a JsonScan; made once for a provider (Upstream::usage_map).
class UsageMap {
public:
    explicit UsageMap(const UsagePlace& place);

    std::shared_ptr<const JsonPlaces> places() const { return places_; }
    // A word without which no document says anything; "" where there is no one such word.
    const std::string& word() const { return word_; }

    enum Part { input, more_input, output, more_output, total, cached, written, written_long, parts };
    // What a place says. Of those with the same part and object the first that holds a number counts, of several
    // objects the last.
    struct Meaning {
        Part part;
        int object;
    };
    const Meaning& meaning(int place) const { return meanings_[static_cast<std::size_t>(place)]; }
    bool input_has_cached() const { return input_has_cached_; }

private:
    std::shared_ptr<const JsonPlaces> places_;
    std::vector<Meaning> meanings_;
    std::string word_;
    bool input_has_cached_;
};

class UsageSum {
public:
    void take(const UsageMap& map, const JsonScan& document);
    Measured measured(const UsageMap& map) const;

private:
    std::array<std::optional<std::int64_t>, UsageMap::parts> said_;
};

}  // namespace eph
