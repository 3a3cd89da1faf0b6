// prices.json, a person's own file, and what follows from it for any usage.
#include "common/error.hpp"
#include "daemon/broker/prices.hpp"
#include "tests/fuzz/support/fuzz.hpp"

namespace eph::fuzz {
namespace {

void check(const Price& price, std::string_view text) {
    constexpr std::int64_t much = 1'000'000'000;
    for (const std::int64_t tokens : {std::int64_t{0}, std::int64_t{1}, std::int64_t{12'345}, much}) {
        Measured used;
        used.input = used.output = tokens;
        used.cached = tokens / 3;
        used.cache_written = tokens / 5;
        used.cache_written_long = tokens / 7;
        must(cost_of(price, used) >= 0, "nothing has a cost below zero", text);
    }
}

}  // namespace

void one(std::string_view input) {
    try {
        for (const auto& [provider, rows] : read_prices(input)) {
            for (const auto& [model, price] : rows) check(price, model);
        }
    } catch (const Error& error) {
        must(error.code() == Code::usage, "a table that cannot be read is its writer's mistake", input);
        must_be_printable(error.message());
    }
}

}  // namespace eph::fuzz
