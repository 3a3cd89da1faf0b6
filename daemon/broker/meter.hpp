// What one session has used and may still use. Decisions alone: no sockets, no clock of its own.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include "common/wire_usage.hpp"
#include "daemon/broker/refusal.hpp"
#include "daemon/broker/upstream.hpp"

namespace eph {

class Prices;

// What is known of a request before it is relayed (RequestScan).
struct RequestFacts {
    bool computes = true;  // AllowedPath
    bool generates = true;
    std::string model;                        // "" where it names none
    std::string fault;                        // why its model cannot be told, "it names its model twice"; else ""
    std::uint64_t body_bytes = 0;             // no input has more tokens than bytes
    std::optional<std::int64_t> most_output;  // tokens, where the request itself sets a bound
    std::optional<std::int64_t> answers = 1;  // each of that length; nothing where it cannot be told how many
    bool background = false;                  // the answer comes before the work, and does not say what it used
    bool dearer = false;                      // it asks for a faster service, which costs more than the table says
};

// What an answer said of itself (UsageScan).
struct Measured {
    std::optional<std::int64_t> input;  // with the cached ones
    std::optional<std::int64_t> output;
    std::optional<std::int64_t> cached;
    std::optional<std::int64_t> cache_written;       // part of the input that costs more
    std::optional<std::int64_t> cache_written_long;  // part of these that costs still more
    std::int64_t guessed_output = 0;                 // by the size of what came, where nothing was said
};

// The end of a request that was let through.
struct Settled {
    Measured measured;
    bool reached = true;    // the provider got the whole request: else it is given back, and only counted as failed
    bool answered = true;   // a whole answer, and no error
    bool declined = false;  // a whole answer, and an error (status 400 and above): nothing was computed
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

    // `so_far`: what the ledger has from before a restart. `prices`, where `provider` has its rows, must outlive it.
    Meter(wire::Limits limits, const Prices& prices, std::string provider, wire::Usage so_far = {});

    Verdict admit(const RequestFacts& facts, Timestamp at);
    void settle(Ticket ticket, const Settled& settled);
    void refused();  // for a reason that is not the meter's

    const wire::Usage& usage() const { return usage_; }
    wire::Usage if_cut_now() const;  // with what is under way as if it broke here: for a ledger that outlives ephd
    const wire::Limits& limits() const { return limits_; }
    std::size_t in_flight() const { return under_way_.size(); }  // let through and not settled

private:
    struct Cost {  // that a request may come to, or that limits have counted
        std::int64_t tokens = 0;
        std::int64_t micros = 0;
    };
    struct UnderWay {
        RequestFacts facts;
        Cost reserved;
    };

    std::optional<Refusal> objection(const RequestFacts& facts) const;
    bool has_price(const std::string& model) const;
    std::optional<Refusal> too_many(Timestamp at);
    std::optional<Refusal> used_up() const;
    Cost most(const RequestFacts& facts) const;
    Cost counted() const;
    bool must_wait(const Cost& most) const;
    static wire::ModelUsage& model_of(wire::Usage& usage, const std::string& name);
    void count(wire::Usage& usage, const RequestFacts& facts, const Settled& settled) const;

    wire::Limits limits_;
    const Prices* prices_;
    std::string provider_;
    wire::Usage usage_;
    std::map<std::uint64_t, UnderWay> under_way_;
    Cost reserved_;
    std::uint64_t last_ticket_ = 0;
    std::deque<Timestamp> recent_;  // admitted in the last 60 seconds, where there is a limit on that
};

// `*` and `?`, of which neither stops at anything; letters in their case.
bool fits_glob(std::string_view glob, std::string_view text);

}  // namespace eph
