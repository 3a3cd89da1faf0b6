// What models cost: a table that ships with ephd (prices.json), and the person's own, which adds to it.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/broker/meter.hpp"

namespace eph {

// Millionths of a dollar for a million tokens.
struct Rates {
    std::int64_t input = 0;
    std::int64_t cached = 0;
    std::int64_t written = 0;
    std::int64_t written_long = 0;
    std::int64_t output = 0;
};

struct Price {
    Rates rates;
    std::optional<std::int64_t> above;  // tokens of input beyond which the whole request costs `beyond`
    Rates beyond;
    std::optional<std::int64_t> most_output;  // the model's longest answer, in tokens
};

// Millionths of a dollar, rounded up. What is not known costs nothing here.
std::int64_t cost_of(const Price& price, const Measured& used);

using PriceTable = std::map<std::string, std::map<std::string, Price>>;  // by provider and model, which may be a glob

// Throws Error{usage} that names what is wrong in it.
PriceTable read_prices(std::string_view json);
const PriceTable& shipped_prices();

class Prices {
public:
    // `own`: the person's file, which need not be there; read again when it has changed, within a second.
    explicit Prices(std::filesystem::path own = {});

    // The exact name first, then without a date or "latest" at its end, then globs, the longest first; the person's own
    // rows before those that ship.
    std::optional<Price> find(std::string_view provider, std::string_view model) const;

    // Reads the person's file at once if it has changed: before anybody is told no, and when a session begins.
    void look() const;

    // Why the person's file is not used as it is now, or "": what it said before holds.
    std::string problem() const;

private:
    std::optional<Price> look_up(const std::string& provider, const std::string& model) const;

    using Clock = std::chrono::steady_clock;

    std::filesystem::path file_;
    mutable Clock::time_point looked_;
    mutable PriceTable own_;
    mutable std::string problem_;
    mutable std::optional<std::pair<std::filesystem::file_time_type, std::uintmax_t>> seen_;
    struct Asked {
        std::string provider;
        std::string model;
        std::optional<Price> price;
    };
    mutable std::optional<Asked> last_;  // nearly always the same is asked for again
};

}  // namespace eph
