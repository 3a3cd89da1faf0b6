// Sums, and honest words for what is missing from them.
#include "client/session/usage_text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/duration.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

std::string grouped(std::int64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
    return text;
}

std::string times(std::int64_t count, std::string_view what) {
    return fmt::format("{} {}{}", grouped(count), what, count == 1 ? "" : "s");
}

std::string compact(std::int64_t number) {
    if (number < 10'000) return std::to_string(number);
    if (number < 1'000'000) return fmt::format("{:.1f}k", static_cast<double>(number) / 1e3);
    return fmt::format("{:.2f}M", static_cast<double>(number) / 1e6);
}

// All that said nothing: there is no sum.
bool knows_nothing(const wire::ModelUsage& model) { return model.unknown > 0 && model.unknown >= model.requests; }

std::string_view at_least(bool unknown) { return unknown ? "at least " : ""; }

std::string tokens_of(const wire::ModelUsage& model) {
    if (knows_nothing(model) && model.input_tokens + model.output_tokens == 0) return "tokens unknown";
    std::string text = fmt::format("{}{} tokens in", at_least(model.unknown > 0), grouped(model.input_tokens));
    if (model.cached_tokens > 0) text += fmt::format(" ({} cached)", grouped(model.cached_tokens));
    return text + fmt::format(", {} out", grouped(model.output_tokens));
}

std::string cost_of(const wire::ModelUsage& model) {
    const bool nothing = knows_nothing(model) && model.input_tokens + model.output_tokens == 0;
    if (!model.cost_micros || (nothing && *model.cost_micros == 0)) return "cost unknown";
    return fmt::format("{}{}", at_least(model.unknown > 0), dollars(*model.cost_micros));
}

std::string seconds(std::int64_t millis) {
    if (millis < 1000) return fmt::format("{} ms", millis);
    if (millis < 60'000) return fmt::format("{:.1f} s", static_cast<double>(millis) / 1e3);
    return format_duration(std::chrono::seconds{millis / 1000});
}

struct Total {
    std::int64_t tokens = 0;
    std::int64_t micros = 0;
    bool tokens_known = false, tokens_whole = true, priced = false, price_whole = true;
};

Total total_of(const wire::Usage& usage) {
    Total total;
    for (const wire::ModelUsage& model : usage.models) {
        total.tokens += model.input_tokens + model.output_tokens;
        total.tokens_known = total.tokens_known || !knows_nothing(model);
        total.tokens_whole = total.tokens_whole && model.unknown == 0;
        total.micros += model.cost_micros.value_or(0);
        total.priced = total.priced || (model.cost_micros && !knows_nothing(model));
        total.price_whole = total.price_whole && model.cost_micros && model.unknown == 0;
    }
    return total;
}

}  // namespace

std::string dollars(std::int64_t micros) {
    constexpr std::int64_t cent = 10'000;
    if (micros > 0 && micros < cent) return fmt::format("${:.4f}", static_cast<double>(micros) / 1e6);
    return fmt::format("${}.{:02}", grouped(micros / 1'000'000), micros % 1'000'000 / cent);
}

std::vector<std::string> usage_lines(const wire::Usage& usage) {
    std::vector<std::string> lines;
    for (const wire::ModelUsage& model : usage.models) {
        const std::string name = model.model.empty() ? "no model named" : printable(model.model, 80);
        lines.push_back(
            fmt::format("{}: {}, {}, {}", name, times(model.requests, "request"), tokens_of(model), cost_of(model)));
    }
    std::string rest;
    const auto add = [&](const std::string& text) { rest += (rest.empty() ? "" : ", ") + text; };
    if (usage.models.size() != 1) add(times(usage.requests, "request") + (usage.models.empty() ? "" : " in all"));
    if (usage.requests > 0) add("slowest " + seconds(usage.slowest_ms));
    if (usage.failed > 0) add(fmt::format("{} failed", grouped(usage.failed)));
    if (usage.refused > 0) add(fmt::format("{} refused by eph", grouped(usage.refused)));
    if (!rest.empty()) lines.push_back(rest);
    return lines;
}

std::string brief_usage(const wire::Usage& usage) {
    if (usage.requests == 0) return usage.refused > 0 ? fmt::format("{} refused", usage.refused) : "no requests";
    std::string text = times(usage.requests, "request");
    const Total total = total_of(usage);
    if (total.tokens_known) text += fmt::format(", {}{} tokens", total.tokens_whole ? "" : ">", compact(total.tokens));
    if (total.priced) text += fmt::format(", {}{}", total.price_whole ? "" : ">", dollars(total.micros));
    if (usage.refused > 0) text += fmt::format(", {} refused", usage.refused);
    return text;
}

std::string limits_text(const wire::Limits& limits) {
    std::string text;
    const auto add = [&](const std::string& each) { text += (text.empty() ? "" : ", ") + each; };
    if (!limits.models.empty()) {
        std::string names;
        for (const std::string& name : limits.models) names += (names.empty() ? "" : " ") + printable(name, 80);
        add("models " + names);
    }
    if (limits.max_requests) add(times(*limits.max_requests, "request"));
    if (limits.max_tokens) add(times(*limits.max_tokens, "token"));
    if (limits.budget_micros) add(dollars(*limits.budget_micros));
    if (limits.rpm) add(times(*limits.rpm, "request") + " a minute");
    return text;
}

}  // namespace eph
