// What a session may not do, and how it is told.
#include <algorithm>

#include "common/text.hpp"
#include "daemon/broker/meter.hpp"
#include "daemon/broker/prices.hpp"

namespace eph {
namespace {

constexpr int forbidden = 403, malformed = 400, slow_down = 429;
constexpr Duration minute = std::chrono::seconds{60};

template <class... Args>
Refusal refusal(int status, const char* reason, fmt::format_string<Args...> text, Args&&... args) {
    return {status, reason, "eph: " + fmt::format(text, std::forward<Args>(args)...), {}};
}

std::string dollars(std::int64_t micros) {
    constexpr double million = 1e6;
    const bool whole_cents = micros % 10'000 == 0;
    return fmt::format("${:.{}f}", static_cast<double>(micros) / million, whole_cents ? 2 : 6);
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& each : names) text += (text.empty() ? "" : ", ") + each;
    return text;
}

bool is_allowed(const std::vector<std::string>& globs, std::string_view model) {
    constexpr std::string_view folder = "models/";
    const std::string_view bare = model.starts_with(folder) ? model.substr(folder.size()) : model;
    return std::any_of(globs.begin(), globs.end(),
                       [&](const std::string& glob) { return fits_glob(glob, model) || fits_glob(glob, bare); });
}

}  // namespace

// To the request itself, whatever has been used.
std::optional<Refusal> Meter::objection(const RequestFacts& facts) const {
    if (!facts.computes) return std::nullopt;
    const bool priced = limits_.budget_micros.has_value();
    if ((priced || !limits_.models.empty()) && !facts.fault.empty())
        return refusal(malformed, "model", "this session is limited by model, and this request cannot be judged: {}",
                       facts.fault);
    const std::string model = printable(facts.model, 100);
    if (!limits_.models.empty() && !is_allowed(limits_.models, facts.model))
        return refusal(forbidden, "model", "this session may not use the model {}; it may use: {}", model,
                       listed(limits_.models));
    if (facts.background && (priced || limits_.max_tokens))
        return refusal(
            forbidden, "background",
            "this session has a limit on tokens or money, and a response in the background does not say what "
            "it uses");
    if (!priced) return std::nullopt;
    if (!has_price(facts.model))
        return refusal(forbidden, "price",
                       "this session has a budget, and the price of {} is not known; prices.json beside eph's "
                       "config.json can say it",
                       model);
    if (facts.dearer)
        return refusal(forbidden, "tier",
                       "this session has a budget, and eph knows prices for the standard service alone, not for "
                       "a faster one");
    return std::nullopt;
}

// Whoever has just written it into prices.json is not told that it is not known.
bool Meter::has_price(const std::string& model) const {
    if (prices_->find(provider_, model)) return true;
    prices_->look();
    return prices_->find(provider_, model).has_value();
}

std::optional<Refusal> Meter::too_many(Timestamp at) {
    if (limits_.max_requests && usage_.requests >= *limits_.max_requests)
        return refusal(forbidden, "max_requests", "this session's {} requests are used up", *limits_.max_requests);
    if (!limits_.rpm) return std::nullopt;
    for (Timestamp& each : recent_) each = std::min(each, at);  // the clock was set back
    while (!recent_.empty() && recent_.front() <= at - minute) recent_.pop_front();
    if (static_cast<std::int64_t>(recent_.size()) < *limits_.rpm) return std::nullopt;
    Refusal no = refusal(slow_down, "rpm", "this session may ask {} times a minute", *limits_.rpm);
    no.retry_after = recent_.front() + minute - at;
    return no;
}

std::optional<Refusal> Meter::used_up() const {
    const Cost sum = counted();
    if (limits_.max_tokens && sum.tokens >= *limits_.max_tokens)
        return refusal(forbidden, "max_tokens", "this session's {} tokens are used up", *limits_.max_tokens);
    if (limits_.budget_micros && sum.micros >= *limits_.budget_micros)
        return refusal(forbidden, "budget", "this session's budget of {} is used up", dollars(*limits_.budget_micros));
    return std::nullopt;
}

bool fits_glob(std::string_view glob, std::string_view text) {
    std::size_t g = 0, t = 0, star = glob.npos, from = 0;
    while (t < text.size()) {
        if (g < glob.size() && glob[g] == '*') {
            star = g++;
            from = t;
        } else if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t])) {
            ++g;
            ++t;
        } else if (star != glob.npos) {
            g = star + 1;
            t = ++from;
        } else {
            return false;
        }
    }
    return std::all_of(glob.begin() + static_cast<std::ptrdiff_t>(g), glob.end(), [](char c) { return c == '*'; });
}

}  // namespace eph
