// The janitor's decisions, as pure functions.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "daemon/ledger/rows.hpp"
#include "daemon/providers/openai.hpp"

namespace eph {

struct Done {
    std::string how;
};
struct TryAgain {
    Timestamp due;
    std::string error;
};
using Verdict = std::variant<Done, TryAgain>;

// 1 s, 2 s, 4 s ... 5 min for attempts 0, 1, 2 ..., of which `jitter` in [0, 1) takes up to half away.
Duration back_off(std::int64_t attempts, double jitter);

// For how long a place is left alone that asked for so much: a day of it would be a day of a key's life.
Duration hold_of(Duration asked);

// What follows from the provider's answer. Absent is done, unless the creation may still take effect.
Verdict next_step(const KeyRow& key, const RevokeAnswer& answer, Timestamp now, double jitter);

// Whether what that place lists under a key's name tells of the key: it is of the same project, by whatever address;
// one that is recorded as revoked comes back by its own address alone, since what is deleted then is what the list
// says.
bool may_speak_of(const Place& place, const KeyRow& key);

// What a provider's whole list says about the ledger.
struct Plan {
    std::vector<Listed> adopt;  // unknown here and over
    std::vector<std::pair<KeyId, std::string>>
        revive;                     // recorded as revoked, yet listed; with the id to delete ("": by name)
    std::vector<KeyId> maybe_gone;  // live here, not listed
    std::vector<KeyId> revoke;      // ours, live, and `all` was asked for
    std::vector<Listed> others;     // unknown here and not over: another machine's
    std::int64_t listed = 0;        // that carry a name of ours
    std::int64_t left = 0;          // of those, neither over nor asked for
};

// `rows`: the ledger's keys of that place by each name that they may have: every unsettled one, and each listed one
// that is known. `listing_began`: what became live later may rightly be missing from the list. `all`: also what is not
// over yet.
Plan reconcile(const std::vector<Listed>& listed, const std::map<std::string, KeyRow>& rows, Timestamp listing_began,
               Timestamp now, bool all);

// Whether a cleanup has to do with a key of the ledger, whatever the provider's list says.
bool is_for_cleanup(const KeyRow& key, Timestamp now, bool all);

}  // namespace eph
