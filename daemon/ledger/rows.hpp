// What the ledger's rows mean. Never a secret among them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/ids.hpp"
#include "common/time.hpp"
#include "common/wire_usage.hpp"

namespace eph {

// creating -> live -> revoking -> revoked; creating -> revoking when the answer was lost.
enum class KeyState { creating, live, revoking, revoked };

enum class SessionState { active, over };

// For how long a creation that was never answered can still take effect at the provider, and is looked for by its name.
inline constexpr Duration may_still_appear = std::chrono::minutes{1};

// Where a key belongs; any account of the same place can revoke it.
struct Place {
    std::string provider;
    std::string project;
    std::string base_url;
    auto operator<=>(const Place&) const = default;
};

// Of those that are not revoked.
struct KeyCounts {
    std::int64_t creating = 0;
    std::int64_t live = 0;
    std::int64_t revoking = 0;
    std::int64_t retrying = 0;  // of those that are being revoked, failed at least once
    std::int64_t all() const { return creating + live + revoking; }
};

struct KeyRow {
    KeyId id;
    std::string name;  // unique, and the join with the provider's list
    KeyState state = KeyState::creating;
    Place place;
    std::string fingerprint;  // of the credential it was made with
    std::string label;
    std::string host;
    SessionId session;
    Timestamp created{};
    Timestamp deadline{};
    std::optional<Timestamp> due;    // when the janitor has to look at it next; none once it is revoked
    std::string service_account_id;  // "" until the provider's answer was read
    std::string api_key_id;
    std::optional<Timestamp> unproven_until;  // its creation may still take effect until then, though it is not listed
    std::optional<Timestamp> revoked;
    std::string reason;   // why it had to go: agent_exited, lease_closed, deadline, asked, expired, answer_lost, ...
    std::string outcome;  // what the provider made of it: confirmed, already gone, refused
    std::int64_t attempts = 0;
    std::string last_error;
    std::string next_name;                     // what it is being renamed to, by an extension; it may have either name
    std::optional<Timestamp> provider_expiry;  // when the provider ends it by itself; none where it does not
    bool expiry_named = false;                 // the provider said so itself, and did not just take our word
};

// Of a session through the broker: how its agent is known and reached, by which account, within which limits.
struct BrokerRow {
    std::string token_hash;
    std::int64_t port = 0;  // on 127.0.0.1; 0: a Unix socket
    Place place;
    std::string fingerprint;  // of the account's credential
    wire::Limits limits;
    wire::Usage usage;
};

struct SessionRow {
    SessionId id;
    SessionState state = SessionState::active;
    std::string credential = "key";  // or broker; or manual: the person's own, which nobody here can revoke
    KeyId key;                       // none of a manual session, nor through the broker where the provider makes none
    std::optional<BrokerRow> broker;
    std::string host;
    std::string provider;
    std::string agent;
    Timestamp started{};
    Timestamp deadline{};
    std::optional<Timestamp> ended;
    std::string end_reason;
    std::optional<std::int64_t> exit_status;
};

// One line of the audit trail: who did what, when, to which key, for which host.
struct AuditRow {
    std::int64_t seq = 0;
    Timestamp at{};
    std::string actor;  // "uid 1000 pid 4711", "janitor", "reconcile"
    std::string
        event;  // creating, live, refused, revoking, revoked, retry, extended, session_started, session_over, used, ...
    KeyId key;
    SessionId session;
    std::string host;
    std::string detail;
};

std::string_view name_of(KeyState state);
std::string_view name_of(SessionState state);
KeyState key_state(std::string_view name);
SessionState session_state(std::string_view name);

}  // namespace eph
