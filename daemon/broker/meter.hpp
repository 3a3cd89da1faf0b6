// What one session has used and may still use. Decisions alone: no sockets, no clock of its own.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include "common/wire.hpp"
#include "daemon/broker/refusal.hpp"
#include "daemon/broker/upstream.hpp"

namespace eph {

class Prices;

// What is known of a request before it is relayed.
struct RequestFacts {
    bool computes = true;                     // AllowedPath
    std::string model;                        // "" where it names none
    std::uint64_t body_bytes = 0;             // for an estimate where no answer says the tokens
    std::optional<std::int64_t> most_output;  // tokens, where the request itself sets a bound
};

// What an answer said of itself.
struct Measured {
    std::optional<std::int64_t> input;  // with the cached ones
    std::optional<std::int64_t> output;
    std::optional<std::int64_t> cached;
    std::optional<std::int64_t> cache_written;  // part of the input that costs more, at Anthropic
    std::uint64_t body_bytes = 0;               // for an estimate
};

struct Settled {
    Measured measured;
    bool reached = true;   // the provider got the whole request: else nothing is counted but a failure
    bool answered = true;  // a whole answer, and no error
    Duration took{};
};

class Meter {
public:
    // A request that was let through, until it is settled.
    struct Ticket {
        std::uint64_t number = 0;
    };
    struct Wait {};  // others have to end first, before it can be said whether this one may: ask again then
    using Verdict = std::variant<Ticket, Refusal, Wait>;

    // `so_far`: what the ledger has from before a restart. `prices` must outlive it.
    Meter(wire::Limits limits, const Prices& prices, wire::Usage so_far = {});

    Verdict admit(const RequestFacts& facts, Timestamp at);
    void settle(Ticket ticket, const Settled& settled);
    void refused();  // for a reason that is not the meter's

    const wire::Usage& usage() const;
    const wire::Limits& limits() const;
    std::size_t in_flight() const;  // let through and not settled

private:  // STAND-IN until branch "meter" is merged
    wire::Limits limits_;
    wire::Usage usage_;
    std::size_t in_flight_ = 0;
};

}  // namespace eph
