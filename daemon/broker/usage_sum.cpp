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
    const auto add_object = [&](const std::string& object, bool early) {
        add(places, object, input, place.input);
        add(places, object, more_input, place.more_input);
        if (!early) add(places, object, output, place.output);
        if (!early) add(places, object, more_output, place.more_output);
        if (!early) add(places, object, total, place.total);
        add(places, object, cached, place.cached);
        add(places, object, written, place.cache_written);
        add(places, object, written_long, place.cache_written_long);
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

void UsageMap::add(std::vector<std::string>& places, const std::string& object, Part part,
                   const std::vector<std::string>& names) {
    if (names.empty()) return;
    Wanted each{part, {}};
    for (const std::string& name : names) {
        each.places.push_back(places.size());
        places.push_back(object + "/" + name);
    }
    wanted_.push_back(std::move(each));
}

void UsageSum::take(const UsageMap& map, const JsonScan& document) {
    if (!document.found_any()) return;
    for (const UsageMap::Wanted& each : map.wanted()) {
        for (const std::size_t place : each.places) {
            if (const auto said = tokens(document.at(place))) {
                said_[each.part] = said;
                break;
            }
        }
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
