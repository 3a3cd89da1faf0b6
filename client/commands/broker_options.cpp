// Numbers are what they say and nothing else: a limit that was mistyped must not become another one.
#include "client/commands/broker_options.hpp"

#include <algorithm>
#include <charconv>

#include "common/error.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

constexpr std::int64_t most = 1'000'000'000'000;
constexpr std::size_t longest_model = 200;

Error not_a(std::string_view option, std::string_view text, std::string_view what) {
    return Error{Code::usage, "'{}' cannot be the value of {}: {}", printable(text, 80), option, what};
}

std::optional<std::int64_t> digits(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || text[0] == '-') return std::nullopt;
    return number;
}

std::optional<std::int64_t> count_of(const Arguments& arguments, std::string_view option) {
    const std::optional<std::string> text = arguments.value(option);
    if (!text) return std::nullopt;
    const std::optional<std::int64_t> number = digits(*text);
    if (!number || *number < 1 || *number > most) throw not_a(option, *text, "it is a whole number, 1 at least");
    return number;
}

// 2, 2.5, 2.50, $2.50; millionths at the finest.
std::optional<std::int64_t> dollars_of(const Arguments& arguments, std::string_view option) {
    constexpr std::size_t places = 6;
    const std::optional<std::string> text = arguments.value(option);
    if (!text) return std::nullopt;
    std::string_view amount = *text;
    if (amount.starts_with('$')) amount.remove_prefix(1);
    const std::size_t dot = std::min(amount.find('.'), amount.size());
    std::string fraction{amount.substr(std::min(dot + 1, amount.size()))};
    const bool whole = dot == amount.size();
    const std::optional<std::int64_t> units = digits(amount.substr(0, dot));
    const bool fits = whole || (!fraction.empty() && fraction.size() <= places);
    if (fits) fraction.resize(places, '0');
    const std::optional<std::int64_t> rest = digits(fraction);
    if (!units || !rest || !fits || *units > most / 1'000'000 || *units * 1'000'000 + *rest < 1)
        throw not_a(option, *text, "it is an amount of dollars, such as 2.50");
    return *units * 1'000'000 + *rest;
}

// Each use of the option may name several, with commas between them.
std::vector<std::string> models_of(const Arguments& arguments) {
    std::vector<std::string> models;
    for (const std::string& list : arguments.values("--models")) {
        for (std::size_t at = 0; at <= list.size();) {
            const std::size_t comma = std::min(list.find(',', at), list.size());
            const std::string_view name = trim(std::string_view{list}.substr(at, comma - at));
            if (name.empty() || has_control(name) || name.size() > longest_model)
                throw not_a("--models", list, "it is a list of models, such as gpt-5*,o4-mini");
            models.emplace_back(name);
            at = comma + 1;
        }
    }
    return models;
}

}  // namespace

Via via_of(const Arguments& arguments) {
    const std::string text = arguments.value("--via").value_or("auto");
    if (text == "auto") return Via::automatic;
    if (text == "key") return Via::key;
    if (text == "broker") return Via::broker;
    throw not_a("--via", text, "it is key, broker or auto");
}

wire::Limits limits_of(const Arguments& arguments) {
    wire::Limits limits;
    limits.models = models_of(arguments);
    limits.max_requests = count_of(arguments, "--max-requests");
    limits.max_tokens = count_of(arguments, "--max-tokens");
    limits.budget_micros = dollars_of(arguments, "--budget");
    limits.rpm = count_of(arguments, "--rpm");
    return limits;
}

}  // namespace eph
