// The places where each family's requests say how long an answer they want. What a reader of JSON could take otherwise
// than eph (a member twice, in other letters) is no bound and no model.
#include "daemon/broker/request_scan.hpp"

#include <algorithm>
#include <charconv>

#include "common/text.hpp"

namespace eph {
namespace {

enum Place : std::size_t {
    model,
    background,
    prompt,
    first_answers,
    last_answers = first_answers + 3,
    first_bound,
    last_bound = first_bound + 5,
};

// In the order of Place. Protocol buffers' JSON, Google's, takes both spellings of a name.
std::vector<std::string> places(const ModelPlace& place) {
    return {"/" + place.member,
            "/background",
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
            "/max_new_tokens"};
}

// A number of tokens or answers; nothing for what is none, or stands there twice.
std::optional<std::int64_t> number(const JsonValue& value) {
    constexpr std::int64_t most = 1'000'000'000;
    if (value.kind != JsonValue::Kind::number || value.times != 1) return std::nullopt;
    std::int64_t out = 0;
    const char* const end = value.text.data() + value.text.size();
    const auto read = std::from_chars(value.text.data(), end, out);
    if (read.ec != std::errc{} || read.ptr != end || out < 0 || out > most) return std::nullopt;
    return out;
}

bool is_absent(const JsonValue& value) { return value.times == 0 || (value.times == 1 && value.text == "null"); }

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
      scan_(places(upstream.model), JsonScan::Names::any_case) {
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
    return facts;
}

// The Responses API knows one bound, under a name of its own, and goes by no other; of several the largest counts.
std::optional<std::int64_t> RequestScan::bound() const {
    if (!scan_.complete()) return std::nullopt;
    std::optional<std::int64_t> most;
    for (std::size_t i = first_bound; i <= last_bound; ++i) {
        if (is_absent(scan_.at(i))) continue;
        const bool of_responses = places({})[i] == "/max_output_tokens";
        if (family_ == ApiFamily::openai && of_responses != pattern_.starts_with("/responses")) continue;
        const auto said = number(scan_.at(i));
        if (!said) return std::nullopt;
        most = std::max(most.value_or(0), *said);
    }
    return most;
}

std::optional<std::int64_t> RequestScan::answers() const {
    if (!scan_.complete() || scan_.at(prompt).kind == JsonValue::Kind::container) return std::nullopt;
    std::int64_t most = 1;
    for (std::size_t i = first_answers; i <= last_answers; ++i) {
        if (is_absent(scan_.at(i))) continue;
        const auto said = number(scan_.at(i));
        if (!said) return std::nullopt;
        most = std::max(most, *said);
    }
    return most;
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
