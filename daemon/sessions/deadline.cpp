// Ends and warnings.
#include "daemon/sessions/deadline.hpp"

#include "common/duration.hpp"
#include "common/error.hpp"

namespace eph {

Timestamp extended_deadline(Timestamp started, Timestamp deadline, Duration by, Duration longest) {
    if (by <= Duration{0}) throw Error{Code::usage, "an extension must be more than zero"};
    const Duration possible = longest - (deadline - started);
    if (by <= possible) return deadline + by;
    // Whole seconds are what can be asked for.
    const Duration whole = std::chrono::floor<std::chrono::seconds>(possible);
    const std::string most = whole > Duration{0} ? "at most " + format_duration(whole) : "nothing";
    throw Error{Code::usage, "a session may last {} in all, so {} can be added to this one", format_duration(longest),
                most}
        .hint("max_ttl in config.json allows more.");
}

std::optional<Timestamp> next_warning(Timestamp deadline, Timestamp after) {
    for (const Duration before : {Duration{std::chrono::minutes{10}}, Duration{std::chrono::minutes{1}}}) {
        if (deadline - before > after) return deadline - before;
    }
    return std::nullopt;
}

}  // namespace eph
