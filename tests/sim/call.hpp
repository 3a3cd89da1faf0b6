// What a request and an answer are inside eph-sim: plain structs, free of Beast and JSON.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace eph::sim {

using Timestamp = std::chrono::sys_seconds;  // providers count in whole seconds since 1970
using Headers = std::vector<std::pair<std::string, std::string>>;

enum class CredentialKind { none, bearer, x_api_key, x_goog_api_key };

struct Call {
    std::string method;
    std::string path;   // as sent, without the query
    std::string query;  // as sent, without the question mark
    std::string body;
    Headers headers;
    std::string credential;  // the first of Authorization, x-api-key, x-goog-api-key
    CredentialKind credential_kind = CredentialKind::none;
    bool wants_upgrade = false;
    std::uint64_t connection = 0;
};

struct Answer {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::string body;
    Headers headers;
    std::vector<std::string> events;  // not empty: server-sent events, each flushed on its own, instead of the body
};

}  // namespace eph::sim
