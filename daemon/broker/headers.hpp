// Which headers cross the relay, in each direction, and what is put in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/secret_buffer.hpp"
#include "daemon/broker/framing.hpp"
#include "daemon/broker/http_head.hpp"
#include "daemon/broker/upstream.hpp"

namespace eph {

// Everything that a request offers as its credential: agents send one, some send two.
std::vector<std::string> offered_tokens(const RequestHead& head);

// What of the agent's request is the provider's to know.
struct Forwarded {
    const RequestHead& head;
    std::string_view path;   // below the base URL
    std::string_view query;  // without credentials
    Framing framing;         // of the body as it goes out
    std::string_view token;  // the session's: no header that holds it is passed on, whatever its name
};

// The head as the provider gets it, with the real key, in wiped memory.
void compose_request(SecretBuffer& out, const Forwarded& request, const Upstream& upstream, std::string_view key);

// The head as the agent gets it. `framing` is what the agent reads; `close`: no further request is served.
void compose_response(std::string& out, const ResponseHead& head, Framing framing, bool close);

// What is left of Accept-Encoding: the codings in which the usage can be read. "identity" for none of them.
std::string readable_codings(const Fields& fields);

}  // namespace eph
