// What is not a whole number of a size that an answer can have was not said.
#include "daemon/broker/usage_sum.hpp"

#include <algorithm>
#include <charconv>

namespace eph {
namespace {

std::optional<std::int64_t> tokens(const JsonValue& value) {
    constexpr std::int64_t most = 1'000'000'000;
    if (value.kind != JsonValue::Kind::number || value.cut) return std::nullopt;
    std::int64_t out = 0;
    const char* const end = value.text.data() + value.text.size();
    const auto read = std::from_chars(value.text.data(), end, out);
    if (read.ec != std::errc{} || read.ptr != end || out < 0 || out > most) return std::nullopt;
    return out;
}

std::string last_segment(const std::string& pointer) { return pointer.substr(pointer.rfind('/') + 1); }

// The one word of them that is part of all others; "" for none.
std::string common_word(const std::vector<std::string>& words) {
    for (const std::string& each : words) {
        const auto holds = [&](const std::string& other) { return other.find(each) != other.npos; };
        if (!each.empty() && each != "*" && std::all_of(words.begin(), words.end(), holds)) return each;
    }
    return "";
}

}  // namespace

UsageMap::UsageMap(const UsagePlace& place) : input_has_cached_(place.input_has_cached) {
    std::vector<std::string> words, places;
    int objects = 0;
    const auto add_object = [&](const std::string& object, bool early) {
        const auto add = [&](Part part, const std::vector<std::string>& names) {
            for (const std::string& name : names) {
                places.push_back(object + "/" + name);
                meanings_.push_back({part, objects});
            }
        };
        add(input, place.input);
        add(more_input, place.more_input);
        if (!early) add(output, place.output);
        if (!early) add(more_output, place.more_output);
        if (!early) add(total, place.total);
        add(cached, place.cached);
        add(written, place.cache_written);
        add(written_long, place.cache_written_long);
        ++objects;
    };
    for (const bool early : {true, false}) {
        for (const std::string& pointer : early ? place.early : place.at) {
            words.push_back(last_segment(pointer));
            add_object(pointer, early);
            add_object("/*" + pointer, early);  // a stream as one array (Gemini without alt=sse)
        }
    }
    word_ = common_word(words);
    places_ = std::make_shared<const JsonPlaces>(places);
}

void UsageSum::take(const UsageMap& map, const JsonScan& document) {
    struct Said {
        int object = -1;
        int place = -1;
    };
    std::array<Said, UsageMap::parts> best;
    for (const auto& [place, value] : document.found()) {
        const auto [part, object] = map.meaning(place);
        Said& said = best[part];
        const bool counts = object > said.object || (object == said.object && place < said.place);
        if (!counts) continue;
        const auto number = tokens(value);
        if (!number) continue;
        said_[part] = number;
        said = {object, place};
    }
}

Measured UsageSum::measured(const UsageMap& map) const {
    Measured out;
    const auto part = [&](UsageMap::Part which) { return said_[which].value_or(0); };
    out.cached = said_[UsageMap::cached];
    out.cache_written = said_[UsageMap::written];
    out.cache_written_long = said_[UsageMap::written_long];
    if (said_[UsageMap::input]) {
        out.input = part(UsageMap::input) + part(UsageMap::more_input);
        if (!map.input_has_cached()) *out.input += part(UsageMap::cached) + part(UsageMap::written);
    }
    if (said_[UsageMap::output]) out.output = part(UsageMap::output) + part(UsageMap::more_output);
    if (out.input && out.output) out.output = std::max(*out.output, part(UsageMap::total) - *out.input);
    return out;
}

}  // namespace eph
