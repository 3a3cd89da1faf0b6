// One request and its answer, as far as they have come.
#pragma once

#include <memory>
#include <optional>

#include "daemon/broker/brokered.hpp"
#include "daemon/broker/framing.hpp"
#include "daemon/broker/http_head.hpp"
#include "daemon/broker/key_scan.hpp"
#include "daemon/broker/line.hpp"
#include "daemon/broker/paths.hpp"
#include "daemon/broker/request_scan.hpp"
#include "daemon/broker/usage_scan.hpp"

namespace eph {

// Thrown where a request is answered by eph itself.
struct RelayRefused {
    enum class By {
        relay,     // eph's no
        meter,     // eph's, and the meter has counted it already
        upstream,  // the provider, or the way to it, fails
    };
    Refusal refusal;
    By by = By::relay;
};

struct AgentGone {};      // thrown where nobody is left to answer
struct UpstreamBroke {};  // thrown in the middle of an answer: the agent must not take it for whole

// What the meter has let through is settled once, however it ends.
class Admission {
public:
    Admission(std::shared_ptr<Brokered> session, Meter::Ticket ticket, Wake::Clock::time_point began)
        : session_(std::move(session)), ticket_(ticket), began_(began) {
        end.reached = end.answered = false;
    }
    ~Admission() { settle(); }
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;

    void settle();

    Settled end;                     // as it would be now, but for what was measured
    std::optional<UsageScan> usage;  // of the answer

private:
    std::shared_ptr<Brokered> session_;  // none: settled
    Meter::Ticket ticket_;
    Wake::Clock::time_point began_;
};

struct Exchange {
    Wake::Clock::time_point began;  // the first byte of the request
    Wake::Clock::time_point body_began;
    std::string head_text;  // what `head` has its views into
    RequestHead head;
    std::string token;  // of those that were offered, the session's
    RelayRoute route;
    Framing framing;  // of the body, as the agent sends it
    BodyReader body;  // that reads it
    std::uint64_t body_bytes = 0;
    std::size_t in_line = 0;  // of a body that has come: what stands in the agent's line, not consumed yet
    std::size_t taken = 0;    // of the agent's line, by the piece in hand: until it is consumed nothing may be read
    bool whole = false;       // all of the body has come, and waits where it was read
    bool incomplete = false;  // the provider did not take all of it
    bool close = false;       // no further request is served
    std::optional<RequestScan> scan;
    std::optional<RequestFacts> facts;  // by which the meter lets it through
    std::optional<Admission> admission;
    KeyRef key;
    std::optional<KeyScan> key_scan;  // of an answer that may refuse it
};

// Looks at the head alone; fills in token and route. Throws RelayRefused.
void check_request(const Brokered& session, Exchange& exchange);

RelayRefused relay_refusal(int status, const char* reason, std::string message);
RelayRefused upstream_failure(int status, std::string message);
RelayRefused session_over();
RelayRefused body_too_large();

void count_body(Exchange& exchange, std::size_t more);  // throws RelayRefused past 64 MB

}  // namespace eph
