// prices.json: dollars as people write them become whole millionths; what a row leaves out follows from what it says.
#include <cmath>

#include <nlohmann/json.hpp>

#include "common/error.hpp"
#include "common/json_depth.hpp"
#include "common/providers.hpp"
#include "common/text.hpp"
#include "daemon/broker/prices.hpp"
#include "daemon/broker/prices_text.hpp"

namespace eph {
namespace {

using Json = nlohmann::json;

constexpr double micros = 1e6;
constexpr double dearest = 1e6;  // dollars for a million tokens: more is a slip of the pen

std::optional<std::int64_t> rate(const Json& row, const char* name, const std::string& of) {
    const auto found = row.find(name);
    if (found == row.end()) return std::nullopt;
    const double dollars = found->is_number() ? found->get<double>() : -1;
    if (!(dollars >= 0 && dollars <= dearest)) throw Error{Code::usage, "{}: '{}' is not a price in dollars", of, name};
    return static_cast<std::int64_t>(std::ceil(dollars * micros - 1e-6));
}

Rates rates(const Json& row, const std::string& of) {
    if (!row.is_object()) throw Error{Code::usage, "{} is not an object", of};
    const auto input = rate(row, "input", of);
    const auto output = rate(row, "output", of);
    if (!input || !output) throw Error{Code::usage, "{} has no '{}'", of, input ? "output" : "input"};
    Rates out;
    out.input = *input;
    out.output = *output;
    out.cached = rate(row, "cached_input", of).value_or(out.input);
    out.written = rate(row, "cache_write", of).value_or(out.input);
    out.written_long = rate(row, "cache_write_long", of).value_or(out.written);
    return out;
}

std::optional<std::int64_t> tokens(const Json& row, const char* name, const std::string& of) {
    constexpr std::int64_t most = 1'000'000'000;
    const auto found = row.find(name);
    if (found == row.end()) return std::nullopt;
    const bool fits = found->is_number_unsigned() && found->get<std::uint64_t>() <= most;
    if (!fits) throw Error{Code::usage, "{}: '{}' is not a number of tokens", of, name};
    return found->get<std::int64_t>();
}

Price price(const Json& row, const std::string& of) {
    Price out;
    out.rates = rates(row, of);
    out.most_output = tokens(row, "most_output", of);
    out.above = tokens(row, "above", of);
    if (out.above.has_value() != row.contains("beyond"))
        throw Error{Code::usage, "{}: 'above' and 'beyond' belong together", of};
    if (out.above) out.beyond = rates(row["beyond"], of + ", beyond");
    return out;
}

}  // namespace

PriceTable read_prices(std::string_view json) {
    if (nested_deeper(json)) throw Error{Code::usage, "it is nested more than {} levels deep", deepest_json};
    const Json document = Json::parse(json, nullptr, false);
    if (document.is_discarded()) throw Error{Code::usage, "it is not JSON"};
    if (!document.is_object() || !document.contains("prices") || !document["prices"].is_object())
        throw Error{Code::usage, "it has no object 'prices'"};
    PriceTable table;
    for (const auto& [provider, models] : document["prices"].items()) {
        const std::string shown = printable(provider, 40);
        if (!models.is_object()) throw Error{Code::usage, "'{}' is not an object", shown};
        const ProviderRow* known = find_provider(provider);  // by an alias, too
        auto& rows = table[known != nullptr ? std::string{known->name} : provider];
        for (const auto& [model, row] : models.items())
            rows[model] = price(row, "'" + shown + "', '" + printable(model, 100) + "'");
    }
    return table;
}

const PriceTable& shipped_prices() {
    static const PriceTable table = read_prices(prices_text);
    return table;
}

}  // namespace eph
