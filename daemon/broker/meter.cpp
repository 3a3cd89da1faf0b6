// What a request may come to is reserved before it is relayed, so that parallel ones cannot pass a limit together; what
// it came to is counted when it has ended.
#include "daemon/broker/meter.hpp"

#include <algorithm>

#include "common/text.hpp"
#include "daemon/broker/prices.hpp"

namespace eph {
namespace {

constexpr std::int64_t bytes_a_token = 4;                  // of usual text, for an estimate
constexpr std::int64_t boundless = std::int64_t{1} << 50;  // more than any limit; thousands of them can be added up
constexpr std::int64_t longest_input = 100'000'000;        // bytes, beyond what any request may have
constexpr std::size_t most_models = 100;                   // told apart: who asks for more is up to something else
constexpr const char* other_models = "(others)";

// As much as limits may have to count: whole tokens at the price of the dearest kind.
std::int64_t dearest(const Price& price, std::int64_t input, std::int64_t output) {
    const auto most = [&](const Rates& rates) {
        Measured all;
        all.output = output;
        all.input = all.cache_written = all.cache_written_long = input;
        Price flat;
        flat.rates = rates;
        flat.rates.written_long = std::max({rates.input, rates.cached, rates.written, rates.written_long});
        return cost_of(flat, all);
    };
    return std::max(most(price.rates), price.above ? most(price.beyond) : 0);
}

bool is_whole(const RequestFacts& facts, const Settled& settled) {
    return settled.answered && settled.measured.input && (settled.measured.output || !facts.generates);
}

// What is not known, guessed from the sizes; what is known is not in it.
Measured guess(const RequestFacts& facts, const Settled& settled) {
    const Measured& said = settled.measured;
    Measured out;
    const auto bytes = static_cast<std::int64_t>(std::min<std::uint64_t>(facts.body_bytes, longest_input));
    if (!said.input) out.input = bytes / bytes_a_token;
    if (!facts.generates) return out;
    std::int64_t output = std::max<std::int64_t>(0, said.guessed_output - said.output.value_or(0));
    if (facts.most_output && facts.answers) output = std::min(output, *facts.most_output * *facts.answers);
    out.output = output;
    return out;
}

}  // namespace

Meter::Meter(wire::Limits limits, const Prices& prices, std::string provider, wire::Usage so_far)
    : limits_(std::move(limits)), prices_(&prices), provider_(std::move(provider)), usage_(std::move(so_far)) {}

Meter::Verdict Meter::admit(const RequestFacts& facts, Timestamp at) {
    std::optional<Refusal> no = objection(facts);
    if (!no) no = too_many(at);
    if (!no && facts.computes) no = used_up();
    if (no) {
        ++usage_.refused;
        return *no;
    }
    const Cost may_cost = facts.computes ? most(facts) : Cost{};
    if (facts.computes && must_wait(may_cost)) return Wait{};
    if (limits_.rpm) recent_.push_back(at);
    reserved_.tokens += may_cost.tokens;
    reserved_.micros += may_cost.micros;
    under_way_.emplace(++last_ticket_, UnderWay{facts, may_cost});
    ++usage_.requests;
    ++model_of(usage_, facts.model).requests;
    return Ticket{last_ticket_};
}

// The most that it can cost. Without a bound of its own its model's counts; without that there is none.
Meter::Cost Meter::most(const RequestFacts& facts) const {
    if (!limits_.max_tokens && !limits_.budget_micros) return {};
    const auto price = prices_->find(provider_, facts.model);
    std::optional<std::int64_t> output = facts.most_output;
    if (!output && price) output = price->most_output;
    if (!facts.generates) output = 0;
    if (!facts.answers || !output) return {boundless, boundless};
    output = std::min(*output, boundless / std::max<std::int64_t>(*facts.answers, 1)) * *facts.answers;
    const auto input = static_cast<std::int64_t>(std::min<std::uint64_t>(facts.body_bytes, longest_input));
    constexpr std::int64_t longest_output = 1'000'000'000;
    if (*output > longest_output) return {boundless, boundless};
    return {input + *output, price ? dearest(*price, input, *output) : boundless};
}

Meter::Cost Meter::counted() const {
    Cost sum{usage_.estimated_tokens, usage_.estimated_micros};
    for (const wire::ModelUsage& each : usage_.models) {
        sum.tokens += each.input_tokens + each.output_tokens;
        sum.micros += each.cost_micros.value_or(0);
    }
    return sum;
}

// Alone, a request may go beyond a limit: nobody can know before. Beside others it has to fit with all that is
// reserved.
bool Meter::must_wait(const Cost& most) const {
    const bool alone =
        std::none_of(under_way_.begin(), under_way_.end(), [](const auto& each) { return each.second.facts.computes; });
    if (alone) return false;
    const Cost sum = counted();
    if (limits_.max_tokens && sum.tokens + reserved_.tokens + most.tokens > *limits_.max_tokens) return true;
    return limits_.budget_micros && sum.micros + reserved_.micros + most.micros > *limits_.budget_micros;
}

void Meter::settle(Ticket ticket, const Settled& settled) {
    const auto found = under_way_.find(ticket.number);
    if (found == under_way_.end()) return;
    const UnderWay ended = std::move(found->second);
    under_way_.erase(found);
    reserved_.tokens -= ended.reserved.tokens;
    reserved_.micros -= ended.reserved.micros;
    if (!settled.answered || settled.declined || !settled.reached) ++usage_.failed;
    if (!settled.reached) {
        --usage_.requests;
        --model_of(usage_, ended.facts.model).requests;
        std::erase_if(usage_.models, [](const wire::ModelUsage& each) { return each.requests == 0; });
        return;
    }
    usage_.slowest_ms = std::max<std::int64_t>(usage_.slowest_ms, settled.took.count());
    count(usage_, ended.facts, settled);
}

void Meter::count(wire::Usage& usage, const RequestFacts& facts, const Settled& settled) const {
    if (!facts.computes) return;
    const Measured& said = settled.measured;
    wire::ModelUsage& model = model_of(usage, facts.model);
    model.input_tokens += said.input.value_or(0);
    model.output_tokens += said.output.value_or(0);
    model.cached_tokens += said.cached.value_or(0);
    const auto price = prices_->find(provider_, facts.model);
    if (!price) model.cost_micros.reset();
    if (model.cost_micros) *model.cost_micros += cost_of(*price, said);
    if (settled.declined || is_whole(facts, settled)) return;
    ++model.unknown;
    const Measured rest = guess(facts, settled);
    usage.estimated_tokens += rest.input.value_or(0) + rest.output.value_or(0);
    if (price) usage.estimated_micros += cost_of(*price, rest);
}

wire::Usage Meter::if_cut_now() const {
    wire::Usage usage = usage_;
    Settled cut;
    cut.answered = false;
    for (const auto& [number, each] : under_way_) {
        ++usage.failed;
        count(usage, each.facts, cut);
    }
    return usage;
}

void Meter::refused() { ++usage_.refused; }

// Names come from the host: kept short, few, and fit to be shown.
wire::ModelUsage& Meter::model_of(wire::Usage& usage, const std::string& name) {
    const auto find = [&](const std::string& model) {
        return std::find_if(usage.models.begin(), usage.models.end(),
                            [&](const wire::ModelUsage& each) { return each.model == model; });
    };
    std::string shown = printable(name, 100);
    auto found = find(shown);
    if (found == usage.models.end() && usage.models.size() >= most_models) found = find(shown = other_models);
    if (found != usage.models.end()) return *found;
    wire::ModelUsage model;
    model.model = shown;
    model.cost_micros = 0;
    usage.models.push_back(std::move(model));
    return usage.models.back();
}

}  // namespace eph
