// The local API's documents, headers and event names: the one thing that eph and ephd agree on (docs/api.yaml).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "common/wire_usage.hpp"

namespace eph::wire {

// Credentials from the client's environment travel in these headers; ephd keeps them while keys made with them are
// live.
inline constexpr std::string_view provider_header = "Eph-Provider";    // whose they are; none: OpenAI's
inline constexpr std::string_view admin_key_header = "Eph-Admin-Key";  // or the API key, of one that makes no keys
inline constexpr std::string_view project_header = "Eph-Project-Id";
inline constexpr std::string_view base_url_header = "Eph-Base-Url";
inline constexpr std::string_view account_header = "Eph-Account";  // a stored account, by its name
inline constexpr std::string_view host_name = "ephd";              // the Host that a client sends

// All moments are Unix time in seconds. Empty strings and absent optionals mean "there is none".

struct Key {
    std::string id;
    std::string name;
    std::string state;  // creating, live, revoking, revoked
    std::string provider;
    std::string project;
    std::string host;
    std::string session;
    std::string service_account_id;
    std::string api_key_id;
    std::int64_t created_at = 0;
    std::int64_t expires_at = 0;
    std::optional<std::int64_t> revoked_at;
    std::string reason;   // why it had to go: agent_exited, lease_closed, deadline, asked, ...
    std::string outcome;  // what the provider made of it: confirmed, already gone, never made
    std::int64_t attempts = 0;
    std::optional<std::int64_t> next_attempt_at;
    std::string last_error;
    bool foreign = false;                      // at the provider by name, but made by another machine
    std::optional<std::int64_t> last_used_at;  // as the provider has it, where it was asked
};

struct Session {
    std::string id;
    std::string state;  // active, over
    std::string host;
    std::string provider;
    std::string agent;
    // key: made for it, and handed to the agent; broker: none leaves ephd; manual: the person's own, which eph cannot
    // revoke.
    std::string credential;
    std::string key;  // the key's id, "" for a session without one
    std::string key_state;
    std::int64_t started_at = 0;
    std::int64_t expires_at = 0;
    std::optional<std::int64_t> ended_at;
    std::string end_reason;
    std::optional<std::int64_t> exit_status;
    std::optional<Limits> limits;  // of a session through the broker, as the next
    std::optional<Usage> usage;
};

struct Account {
    std::string name;  // default, or as --account has it
    std::string provider;
    std::string project;
    std::string base_url;
    std::string fingerprint;
    std::string source;     // client, environment, credential, or the store: file, keychain, secret-service, pass, ...
    std::string stored_in;  // where exactly, for people
    bool custom = false;    // base_url is not the provider's own: agents have to be told
    std::string state;      // ready, not loaded (until it is needed), unavailable
    std::string problem;    // why it is unavailable
    std::optional<std::int64_t> checked_at;  // when the provider last accepted it
    // Of its provider, for whoever starts a session there.
    std::string title;         // for people
    std::string family;        // openai, anthropic or google: how its API speaks
    std::string key_variable;  // where agents look for its key
    std::string base_path;     // what an agent's base URL has behind http://127.0.0.1:PORT/<provider>
    bool makes_keys = false;
    std::string via;  // key or broker: what a session gets where nobody says
};

struct Status {
    std::string version;
    std::int64_t pid = 0;
    std::int64_t started_at = 0;
    std::string ledger;
    std::vector<Account> accounts;
    std::vector<Session> sessions;  // active ones
    std::vector<Key> keys;          // all that are not revoked
    std::vector<std::string> notes;
};

struct KeyList {
    std::vector<Key> keys;
    std::string note;  // why the provider's side is missing, if it is
};

struct SessionList {
    std::vector<Session> sessions;
};

struct AccountList {
    std::vector<Account> accounts;
};

// A provider that ephd knows, by its table or by its configuration.
struct Provider {
    std::string name;
    std::string alias;  // "" for none
    std::string title;
    std::string family;
    std::string key_variable;
    std::string base_url;  // "" where an account has to say it
    std::string base_path;
    bool makes_keys = false;
    bool needs_key = true;
};

struct ProviderList {
    std::vector<Provider> providers;
};

struct StartSession {
    std::string provider = "openai";
    std::string host;
    std::string agent = "pi";
    std::string label;
    std::string credential = "key";   // or broker, manual
    std::string endpoint = "socket";  // of the broker: socket, for ssh to carry there; port, on this machine's loopback
    Limits limits;                    // of the broker
    std::optional<std::int64_t> ttl_seconds;
};

struct ExtendSession {
    std::int64_t seconds = 0;  // added to the session's present end
};

struct CreateKey {
    std::string provider = "openai";
    std::string label;
    std::optional<std::int64_t> ttl_seconds;
    std::vector<std::string> scopes;  // none: all that a project's service account may do
};

// Where the broker serves one session.
struct Endpoint {
    std::string socket;     // a Unix socket's path, or ""
    std::int64_t port = 0;  // on 127.0.0.1, or 0
    std::string base_path;  // the base URL is http://127.0.0.1:PORT + this: /openai/v1, /anthropic
};

// The answer to CreateKey, and the first line of the stream that answers StartSession.
struct Issued {
    std::string event = "issued";
    Session session;
    Key key;
    std::string secret;    // the key, or the broker's token; "" of a manual session
    std::string base_url;  // "" where it is the provider's own
    std::optional<Endpoint> broker;
    std::vector<std::string> notes;
};

// Every further line of a lease's stream.
struct LeaseEvent {
    std::string event;  // held (first line of a lease that is taken up again), expiring, extended, over
    std::string reason;
    std::int64_t expires_at = 0;
};

struct EndSession {
    std::string reason = "asked";
    std::optional<std::int64_t> exit_status;
};

// What became of a key that was to be revoked.
struct Revocation {
    Key key;
    bool confirmed = false;
    std::optional<Session> session;  // the one that was ended, where one was
};

struct Cleanup {
    std::string provider = "openai";
    bool all = false;
    bool dry_run = false;
};

// How far the cleanup that is under way has come.
struct CleanupProgress {
    bool running = false;
    std::int64_t total = 0;
    std::int64_t done = 0;
};

struct CleanupResult {
    std::int64_t listed = 0;  // accounts at the provider that carry a name of ours
    std::int64_t revoked = 0;
    std::int64_t already_gone = 0;
    std::int64_t left = 0;     // not over yet
    std::int64_t pending = 0;  // failed so far, being tried again
    std::vector<Key> failed;
    std::vector<Key> would_revoke;   // of a dry run
    std::vector<std::string> notes;  // accounts that could not be asked
};

struct SetAccount {
    std::string admin_key;  // or the API key, of a provider that makes none
    std::string project;
    std::string base_url;
    std::string store;    // "": the system's usual one
    std::string command;  // of the store of that name
};

// What became of an account that was to be stored or removed.
struct AccountChange {
    bool done = false;
    Account account;
    std::vector<Key> keys;           // that keep it from being removed: their revocation is not confirmed yet
    std::vector<std::string> notes;  // why that store was chosen, and what the person should know
};

struct CheckStep {
    std::string name;
    bool passed = false;
    std::int64_t millis = 0;
    std::string detail;
    std::string hint;
};

struct CheckReport {
    Account account;
    std::vector<CheckStep> steps;
};

struct AuditEntry {
    std::int64_t seq = 0;
    std::int64_t at = 0;
    std::string actor;
    std::string event;
    std::string key;
    std::string session;
    std::string host;
    std::string detail;
};

struct AuditList {
    std::vector<AuditEntry> events;
};

struct Acknowledged {
    std::string done;
};

template <class T>
std::string encode(const T& document);  // one line of JSON

// Unknown fields are ignored. Throws Error{usage} that names the field whose type is wrong.
template <class T>
T decode(std::string_view text);

std::string encode_error(const Error& error);                       // {"error": {"code", "message", "hint"}}
std::optional<Error> decode_error(std::string_view text) noexcept;  // nothing if it is no such document

bool is_document(std::string_view text);    // a JSON object
std::string pretty(std::string_view json);  // for people who asked for --json

}  // namespace eph::wire
