// One session as its agent's requests see it: whether the token is right, whether the session lives, what it may still
// use, and the credential that is put in. Shared by every connection of the session; outlived by nothing.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/async/signal.hpp"
#include "common/ids.hpp"
#include "common/secret.hpp"
#include "daemon/broker/meter.hpp"
#include "daemon/broker/upstream.hpp"

namespace eph {

// The real key, shared by the requests that are under way; wiped with the last of them.
using KeyRef = std::shared_ptr<const Secret>;

struct Brokered {
    SessionId id;
    Upstream upstream;
    std::string token_hash;  // SHA-256, in hexadecimal
    Meter meter;
    bool over = false;  // every request is answered 403 from now on
    Signal settled;     // a request has come to its end: whoever waits for the meter asks again

    // The key to put in, where none is at hand; may wait for a store, or for a new key after a restart. Throws Error
    // that says what is missing.
    std::function<Task<KeyRef>()> key;
    // The provider has answered 401 to that key: it is ephd's credential that is refused, and not the agent's token.
    std::function<void(const KeyRef&)> key_refused;
    std::function<void()> used;                   // the meter has changed: the ledger is to hear of it
    std::function<void(const Refusal&)> refused;  // eph has said no: for the audit trail, as often as it happens

    KeyRef held_key = nullptr;  // it has to be fetched
    KeyRef key_at_hand() const { return over ? nullptr : held_key; }
};

bool is_token(const Brokered& session, std::string_view token);  // in constant time
std::string token_hash(std::string_view token);

}  // namespace eph
