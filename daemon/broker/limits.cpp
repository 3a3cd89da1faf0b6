// What can be a limit.
#include "common/error.hpp"
#include "common/text.hpp"
#include "daemon/broker/broker.hpp"

namespace eph {
namespace {

constexpr std::size_t most_models = 100;
constexpr std::size_t longest_model = 200;

void check_positive(const char* name, const std::optional<std::int64_t>& limit) {
    if (!limit || *limit > 0) return;
    throw Error{Code::usage, "'limits/{}' must be more than zero", name};
}

}  // namespace

void check_limits(const wire::Limits& limits) {
    check_positive("max_requests", limits.max_requests);
    check_positive("max_tokens", limits.max_tokens);
    check_positive("budget_micros", limits.budget_micros);
    check_positive("rpm", limits.rpm);
    if (limits.models.size() > most_models)
        throw Error{Code::usage, "'limits/models' has more than {} models", most_models};
    for (const std::string& model : limits.models) {
        if (!model.empty() && model.size() <= longest_model && !has_control(model) && model.find(' ') == model.npos)
            continue;
        throw Error{Code::usage, "'{}' cannot be a model's name", printable(model, 80)}.hint(
            "A name as the provider has it, or a part of one with * or ? in it.");
    }
}

bool any(const wire::Limits& limits) {
    return !limits.models.empty() || limits.max_requests || limits.max_tokens || limits.budget_micros || limits.rpm;
}

}  // namespace eph
