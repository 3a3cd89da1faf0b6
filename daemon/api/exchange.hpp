// A request to the local API and its two kinds of answer, without any HTTP library in sight.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "common/async/signal.hpp"
#include "common/async/task.hpp"
#include "daemon/accounts/account.hpp"

namespace eph {

struct ApiRequest {
    std::string method;
    std::string path;                           // without the query
    std::map<std::string, std::string> query;   // decoded
    std::map<std::string, std::string> params;  // of the route's {placeholders}
    std::string body;
    Credential credential;  // from the client's environment
    std::string actor;      // for the audit trail

    std::string param(const std::string& name) const;        // "" when there is none
    std::string query_value(const std::string& name) const;  // "" when there is none
    bool query_flag(const std::string& name) const;          // Error{usage} for what is neither 1, true, 0 nor false
};

struct ApiReply {
    int status = 200;
    std::string body;
    std::string content_type = "application/json";
};

// An answer that goes on: lines of JSON, for as long as both sides want.
class EventStream {
public:
    virtual ~EventStream() = default;

    virtual bool peer_gone() = 0;  // the client has hung up, as far as can be told without waiting

    // The first line sends the head with `status` too. False once the client is gone.
    virtual Task<bool> send(std::string line, int status = 200) = 0;

    // Returns at the signal or at `until`; false once the client is gone.
    virtual Task<bool> idle(Signal& signal, Signal::Clock::time_point until) = 0;
};

}  // namespace eph
