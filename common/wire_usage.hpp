// What a session through the broker may use, and what it has used: documents of the local API.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace eph::wire {

// What a session may do through the broker. None of them: no limit but its deadline.
struct Limits {
    std::vector<std::string> models;  // globs; none: every model
    std::optional<std::int64_t> max_requests;
    std::optional<std::int64_t> max_tokens;     // in and out together
    std::optional<std::int64_t> budget_micros;  // millionths of a dollar
    std::optional<std::int64_t> rpm;            // requests in any 60 seconds
};

// What a session has used of one model. Tokens in include those that came from the provider's cache.
struct ModelUsage {
    std::string model;  // as the request named it; "" where it named none
    std::int64_t requests = 0;
    std::int64_t unknown = 0;  // of these: whose answer did not say its tokens, or not all of them
    std::int64_t input_tokens = 0;
    std::int64_t output_tokens = 0;
    std::int64_t cached_tokens = 0;
    std::optional<std::int64_t> cost_micros;  // none: the price is not known
};

// Through the broker. What is `unknown` is counted in no sum of tokens, but by an estimate against the limits.
struct Usage {
    std::int64_t requests = 0;    // that reached the provider
    std::int64_t refused = 0;     // by eph
    std::int64_t failed = 0;      // that reached it and brought no whole answer, or an error
    std::int64_t slowest_ms = 0;  // from the first byte of a request to the last of its answer
    // What the limits count beside the sums, for what is unknown.
    std::int64_t estimated_tokens = 0;
    std::int64_t estimated_micros = 0;
    std::vector<ModelUsage> models;
};

}  // namespace eph::wire
