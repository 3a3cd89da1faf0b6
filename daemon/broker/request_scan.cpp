// The places where each family's requests say how long an answer they want. What a reader of JSON could take otherwise
// than eph (a member twice, in other letters) is no bound and no model.
#include "daemon/broker/request_scan.hpp"

#include <algorithm>
#include <charconv>

#include "common/text.hpp"

namespace eph {
namespace {

struct Range {
    std::size_t first;
    std::size_t last;
};

constexpr std::size_t model = 0, background = 1, tier = 14, speed = 15;
constexpr Range elsewhere{2, 4};  // input that is not in the body, or a list of prompts: no telling how much
constexpr Range counts{5, 8};
constexpr Range chat_bounds{9, 10}, messages_bounds{9, 9}, responses_bounds{11, 11}, google_bounds{12, 13};

// Protocol buffers' JSON, Google's, takes both spellings of a name.
std::vector<std::string> places(const ModelPlace& place) {
    return {"/" + place.member,
            "/background",
            "/previous_response_id",
            "/conversation",
            "/prompt",
            "/n",
            "/best_of",
            "/generationConfig/candidateCount",
            "/generation_config/candidate_count",
            "/max_tokens",
            "/max_completion_tokens",
            "/max_output_tokens",
            "/generationConfig/maxOutputTokens",
            "/generation_config/max_output_tokens",
            "/service_tier",
            "/speed"};
}

// Where a request of that kind sets its bound; under another's name it sets none.
Range bounds_of(ApiFamily family, std::string_view pattern) {
    switch (family) {
        case ApiFamily::openai:
            return pattern.starts_with("/responses") ? responses_bounds : chat_bounds;
        case ApiFamily::anthropic:
            return messages_bounds;
        case ApiFamily::google:
            return google_bounds;
    }
    return chat_bounds;
}

// A number of tokens or answers; nothing for what is none, or stands there twice.
std::optional<std::int64_t> number(const JsonValue& value) {
    constexpr std::int64_t most = 1'000'000'000;
    if (value.kind != JsonValue::Kind::number || value.cut || value.times != 1) return std::nullopt;
    std::int64_t out = 0;
    const char* const end = value.text.data() + value.text.size();
    const auto read = std::from_chars(value.text.data(), end, out);
    if (read.ec != std::errc{} || read.ptr != end || out < 0 || out > most) return std::nullopt;
    return out;
}

bool is_absent(const JsonValue& value) { return value.times == 0 || (value.times == 1 && value.text == "null"); }

// One text to be completed, and no list of them nor a form that is kept at the provider.
bool is_plain_prompt(const JsonValue& value, std::size_t place) {
    return place == elsewhere.last && value.times == 1 && value.kind == JsonValue::Kind::string;
}

// OpenAI's tiers and Anthropic's speeds; "auto" is what the account pays for anyway.
bool is_standard(const JsonValue& value) {
    constexpr std::string_view known[] = {"auto", "default", "flex", "standard", "standard_only"};
    if (is_absent(value)) return true;
    return value.times == 1 && std::find(std::begin(known), std::end(known), value.text) != std::end(known);
}

std::string fault_of(const JsonScan& scan) {
    const JsonValue& value = scan.at(model);
    if (!scan.complete()) return "its body is not one JSON document";
    if (value.times == 0) return "it names no model";
    if (value.times > 1) return "it names its model more than once";
    if (value.kind != JsonValue::Kind::string) return "its model is not a text";
    if (value.cut) return "its model's name is too long";
    return "";
}

}  // namespace

RequestScan::RequestScan(const Upstream& upstream, const AllowedPath& allowed, std::string_view path)
    : family_(upstream.family),
      computes_(allowed.computes),
      generates_(allowed.generates),
      in_path_(upstream.model.member.empty()),
      pattern_(allowed.pattern),
      scan_(upstream.request_places ? upstream.request_places : request_places(upstream.model)) {
    if (in_path_) path_model_ = first_star(allowed.pattern, path);
}

void RequestScan::push(std::string_view bytes) {
    bytes_ += bytes.size();
    scan_.push(bytes);
}

RequestFacts RequestScan::facts() const {
    RequestFacts facts;
    facts.computes = computes_;
    facts.generates = generates_;
    facts.body_bytes = bytes_;
    if (in_path_) {
        facts.model = path_model_;
        if (facts.model.empty()) facts.fault = "it names no model";
    } else {
        facts.fault = fault_of(scan_);
        if (scan_.at(model).kind == JsonValue::Kind::string) facts.model = scan_.at(model).text;
    }
    facts.most_output = bound();
    facts.answers = answers();
    facts.background = !is_absent(scan_.at(background)) && scan_.at(background).text != "false";
    facts.dearer = !is_standard(scan_.at(tier)) || !is_standard(scan_.at(speed));
    return facts;
}

// The largest of what is said within `range`: `none` where nothing is, nothing where it cannot be read.
std::optional<std::int64_t> RequestScan::largest(std::size_t first, std::size_t last, std::int64_t none) const {
    std::int64_t most = none;
    for (std::size_t i = first; i <= last; ++i) {
        if (is_absent(scan_.at(i))) continue;
        const auto said = number(scan_.at(i));
        if (!said) return std::nullopt;
        most = std::max(most, *said);
    }
    return most;
}

std::optional<std::int64_t> RequestScan::bound() const {
    constexpr std::int64_t none = -1;
    const Range range = bounds_of(family_, pattern_);
    const auto most = largest(range.first, range.last, none);
    return scan_.complete() && most != none ? most : std::nullopt;
}

std::optional<std::int64_t> RequestScan::answers() const {
    for (std::size_t i = elsewhere.first; i <= elsewhere.last; ++i)
        if (!is_absent(scan_.at(i)) && !is_plain_prompt(scan_.at(i), i)) return std::nullopt;
    return scan_.complete() ? largest(counts.first, counts.last, 1) : std::nullopt;
}

std::shared_ptr<const JsonPlaces> request_places(const ModelPlace& model) {
    return std::make_shared<const JsonPlaces>(places(model), JsonPlaces::Names::any_case);
}

std::string first_star(std::string_view pattern, std::string_view path) {
    const std::size_t star = pattern.find('*');
    if (star == pattern.npos || path.substr(0, star) != pattern.substr(0, star)) return "";
    std::string_view rest = path.substr(star);
    const std::string_view behind = pattern.substr(star + 1);
    const std::size_t end = behind.empty() ? rest.find('/') : rest.find(behind.substr(0, behind.find('*')));
    if (end == rest.npos && !behind.empty()) return "";
    return decode_percent(rest.substr(0, end));
}

}  // namespace eph
