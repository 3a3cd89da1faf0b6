// Which row is a model's, and what a request came to.
#include "daemon/broker/prices.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <spdlog/spdlog.h>

#include "common/error.hpp"

namespace eph {
namespace {

constexpr std::chrono::seconds between_looks{1};

bool all_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Without -latest, -20250929 or -2025-08-07 at its end.
std::string_view undated(std::string_view model) {
    constexpr std::string_view latest = "-latest";
    constexpr std::size_t day = 9, dashed_day = 11;
    if (model.ends_with(latest)) return model.substr(0, model.size() - latest.size());
    const auto tail = [&](std::size_t size) {
        return model.size() > size ? model.substr(model.size() - size) : std::string_view{};
    };
    const std::string_view plain = tail(day);
    if (plain.starts_with("-20") && all_digits(plain.substr(1))) return model.substr(0, model.size() - day);
    const std::string_view dashed = tail(dashed_day);
    const bool dated = dashed.starts_with("-20") && dashed[5] == '-' && dashed[8] == '-' &&
                       all_digits(dashed.substr(1, 4)) && all_digits(dashed.substr(6, 2)) &&
                       all_digits(dashed.substr(9));
    return dated ? model.substr(0, model.size() - dashed_day) : model;
}

const Price* row_of(const PriceTable& table, const std::string& provider, const std::string& model) {
    const auto rows = table.find(provider);
    if (rows == table.end()) return nullptr;
    for (const std::string& name : {model, std::string{undated(model)}})
        if (const auto found = rows->second.find(name); found != rows->second.end()) return &found->second;
    const Price* best = nullptr;
    std::size_t longest = 0;
    for (const auto& [glob, price] : rows->second) {
        if (glob.find_first_of("*?") == glob.npos || glob.size() <= longest || !fits_glob(glob, model)) continue;
        best = &price;
        longest = glob.size();
    }
    return best;
}

}  // namespace

std::int64_t cost_of(const Price& price, const Measured& used) {
    constexpr std::int64_t million = 1'000'000;
    const std::int64_t input = used.input.value_or(0);
    const Rates& rates = price.above && input > *price.above ? price.beyond : price.rates;
    const std::int64_t cached = std::min(used.cached.value_or(0), input);
    const std::int64_t written = std::min(used.cache_written.value_or(0), input - cached);
    const std::int64_t written_long = std::min(used.cache_written_long.value_or(0), written);
    std::int64_t whole = 0, parts = 0;  // dollars' millionths, and what is below one
    const auto add = [&](std::int64_t tokens, std::int64_t rate) {
        whole += tokens / million * rate;
        parts += tokens % million * rate;
    };
    add(input - cached - written, rates.input);
    add(cached, rates.cached);
    add(written - written_long, rates.written);
    add(written_long, rates.written_long);
    add(used.output.value_or(0), rates.output);
    return whole + (parts + million - 1) / million;
}

Prices::Prices(std::filesystem::path own) : file_(std::move(own)) {}

std::optional<Price> Prices::find(std::string_view provider, std::string_view model) const {
    constexpr std::string_view folder = "models/";  // Google's longer form of a name
    if (model.starts_with(folder)) model.remove_prefix(folder.size());
    if (model.empty()) return std::nullopt;
    if (Clock::now() - looked_ >= between_looks) look();
    if (!last_ || last_->provider != provider || last_->model != model) {
        Asked asked{std::string{provider}, std::string{model}, {}};
        asked.price = look_up(asked.provider, asked.model);
        last_ = std::move(asked);
    }
    return last_->price;
}

std::optional<Price> Prices::look_up(const std::string& provider, const std::string& model) const {
    for (const PriceTable* table : {&std::as_const(own_), &shipped_prices()})
        if (const Price* price = row_of(*table, provider, model)) return *price;
    return std::nullopt;
}

std::string Prices::problem() const {
    look();
    return problem_;
}

void Prices::look() const {
    looked_ = Clock::now();
    if (file_.empty()) return;
    std::error_code failure;
    const auto size = std::filesystem::file_size(file_, failure);
    const auto time = failure ? std::filesystem::file_time_type{} : std::filesystem::last_write_time(file_, failure);
    if (failure) {
        if (seen_) last_.reset();
        seen_.reset();
        own_.clear();
        problem_ = failure == std::errc::no_such_file_or_directory || failure == std::errc::not_a_directory
                       ? ""
                       : file_.string() + " cannot be read: " + failure.message();
        return;
    }
    if (seen_ == std::pair{time, size}) return;
    seen_ = std::pair{time, size};
    last_.reset();
    problem_.clear();
    try {
        std::ifstream in{file_, std::ios::binary};
        const std::string text{std::istreambuf_iterator<char>{in}, {}};
        if (in.bad() || !in.is_open()) throw Error{Code::storage, "it cannot be read"};
        own_ = read_prices(text);
    } catch (const Error& error) {
        problem_ = file_.string() + " is not used as it is now: " + error.message();
        spdlog::warn("{}", problem_);
    }
}

}  // namespace eph
