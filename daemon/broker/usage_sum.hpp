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
    struct Wanted {
        Part part;
        std::vector<std::size_t> places;  // the first that holds a number counts
    };
    const std::vector<Wanted>& wanted() const { return wanted_; }
    bool input_has_cached() const { return input_has_cached_; }

private:
    void add(std::vector<std::string>& places, const std::string& object, Part part,
             const std::vector<std::string>& names);

    std::shared_ptr<const JsonPlaces> places_;
    std::vector<Wanted> wanted_;
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
