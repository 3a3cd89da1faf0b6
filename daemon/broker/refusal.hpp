// What the broker says where it relays nothing: in the provider's own error shape, naming eph and the reason.
#pragma once

#include <optional>
#include <string>

#include "common/providers.hpp"
#include "common/time.hpp"

namespace eph {

struct Refusal {
    int status = 403;                     // 403 where asking again is of no use: agents stop at it
    std::string reason;                   // for the log and the ledger: session_over, token, path, model, budget, ...
    std::string message;                  // for people, "eph: this session's budget of $2.50 is used up"
    std::optional<Duration> retry_after;  // with 429 and 503
};

// The document that a provider of that family answers with: https://platform.openai.com/docs/guides/error-codes,
// https://docs.anthropic.com/en/api/errors, https://cloud.google.com/apis/design/errors.
std::string refusal_body(ApiFamily family, const Refusal& refusal);

}  // namespace eph
