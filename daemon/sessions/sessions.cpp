// Issuing keys and keeping sessions: the order of the lines in create() is the promise.
#include "daemon/sessions/sessions.hpp"

#include <spdlog/spdlog.h>

#include "common/duration.hpp"
#include "common/error.hpp"
#include "common/key_name.hpp"
#include "daemon/bounds.hpp"

namespace eph {
namespace {

constexpr Duration restart_grace = std::chrono::seconds{30};  // for a client to take its lease up again

}  // namespace

Sessions::Sessions(asio::any_io_executor executor, Ledger& ledger, Accounts& accounts, OpenAi& openai, Janitor& janitor,
                   TaskGroup& tasks, std::size_t most_creations)
    : executor_(executor),
      ledger_(ledger),
      accounts_(accounts),
      openai_(openai),
      janitor_(janitor),
      tasks_(tasks),
      creations_(executor, most_creations),
      settled_(executor),
      clock_(executor) {}

Duration Sessions::allowed_ttl(const SessionRequest& request) {
    const Config& config = accounts_.config();
    const Duration ttl = request.ttl.value_or(config.default_ttl);
    if (ttl <= Duration{0}) throw Error{Code::usage, "the TTL must be more than zero"};
    if (ttl > config.max_ttl) {
        throw Error{Code::usage, "a TTL of {} is more than the {} that are allowed", format_duration(ttl),
                    format_duration(config.max_ttl)}
            .hint("Ask for less, or raise max_ttl in config.json.");
    }
    return ttl;
}

Task<Places::Place> Sessions::turn() {
    return creations_.take(bounds::creation_turn, "too many keys are being made at this moment: try again in a minute");
}

KeyRow Sessions::new_key(const AccountRef& account, const SessionRequest& request) {
    const Duration ttl = allowed_ttl(request);
    KeyRow key;
    key.id = KeyId::make();
    key.created = now();
    key.deadline = key.created + ttl;
    key.label = clean_label(request.label.empty() ? request.host : request.label);
    key.name = new_key_name(key.label, key.created, key.deadline).text();
    key.place = account->place;
    key.fingerprint = account->fingerprint;
    key.host = request.host;
    return key;
}

Task<IssuedKey> Sessions::create(AccountRef account, KeyRow key, std::vector<std::string> scopes,
                                 std::optional<SessionRow> instead) {
    struct UnderWay {
        Sessions& sessions;
        explicit UnderWay(Sessions& all) : sessions(all) { ++sessions.creating_; }
        ~UnderWay() {
            --sessions.creating_;
            sessions.settled_.notify();
        }
    } under_way{*this};
    Created created;
    std::optional<CreateError> failure;
    bool asked = false;
    try {
        co_await ledger_.durable();  // its row, before the provider is asked
        asked = true;
        created =
            co_await openai_.create(account, key.name, key.deadline - key.created + provider_slack, std::move(scopes));
        key.service_account_id = created.service_account_id;
        key.api_key_id = created.api_key_id;
        key.provider_expiry = created.expires;
        key.expiry_named = created.expiry_named;
        if (instead) {
            ledger_.live_instead(*instead, key);  // on the disk when it returns
        } else {
            ledger_.live(key);
            co_await ledger_.durable();  // before the secret leaves
        }
    } catch (const CreateError& error) {
        failure = error;
    } catch (const Error& error) {
        failure = CreateError{error, asked};  // the ledger could not be written: if the key exists it must go
    }
    if (failure) {
        not_issued(key, *failure);
        if (asked && !failure->maybe_made()) janitor_.doubt(account);
        spdlog::warn("key {} was not issued: {}", key.id.text(), failure->message());
        throw Error{*failure};
    }
    key.state = KeyState::live;
    janitor_.wake();
    spdlog::info("key {} issued for {} until {}", key.id.text(), key.host.empty() ? key.label : key.host,
                 rfc3339(key.deadline));
    IssuedKey issued{std::move(key), std::move(created.key), std::move(created.note)};
    co_return issued;
}

// Where the ledger cannot tell it, the key goes at once all the same, if there is one.
void Sessions::not_issued(KeyRow key, const CreateError& why) {
    try {
        if (why.maybe_made()) {
            ledger_.lost(key.id, now() + may_still_appear, why.message());
        } else {
            ledger_.never_made(key.id, why.message());
        }
        janitor_.wake();
    } catch (const Error& error) {
        if (why.maybe_made()) key.unproven_until = now() + may_still_appear;
        key.last_error = why.message();
        janitor_.revoke_unrecorded(std::move(key), "answer_lost", error);
    }
}

Task<IssuedKey> Sessions::issue(AccountRef account, SessionRequest request, std::string actor) {
    const Places::Place place = co_await turn();
    KeyRow key = new_key(account, request);
    ledger_.intend(key, std::nullopt, actor);
    co_return co_await create(account, std::move(key), std::move(request.scopes));
}

SessionRow Sessions::new_session(const SessionRequest& request) const {
    SessionRow session;
    session.id = request.id.empty() ? SessionId::make() : request.id;
    session.host = request.host;
    session.agent = request.agent;
    session.broker = request.broker;
    return session;
}

Task<StartedSession> Sessions::start(AccountRef account, SessionRequest request, std::string actor) {
    Places::Place place = co_await turn();
    KeyRow key = new_key(account, request);
    SessionRow session = new_session(request);
    session.credential = request.broker ? "broker" : "key";
    session.key = key.id;
    session.provider = key.place.provider;
    session.started = key.created;
    session.deadline = key.deadline;
    key.session = session.id;
    ledger_.intend(key, session, actor);
    auto lease = std::make_shared<Lease>(executor_, session, session.started);
    leases_.emplace(session.id, lease);
    clock_.poke();
    std::exception_ptr failure;
    StartedSession started;
    try {
        started.issued = co_await create(account, std::move(key), std::move(request.scopes));
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        finish(*lease, "not_started");
        record({session, "not_started", std::nullopt, actor});
        std::rethrow_exception(failure);
    }
    if (lease->over) {  // it was ended while its key was being made
        const std::string reason = lease->events.empty() ? "asked" : lease->events.back().reason;
        janitor_.revoke(started.issued.key.id, reason, actor);
        throw Error{Code::session_over, "session {} was ended while its key was being made", session.id.text()};
    }
    started.lease = std::move(lease);
    spdlog::info("session {} on {} started with key {}", session.id.text(), session.host, started.issued.key.id.text());
    co_return started;
}

Task<bool> Sessions::idle(Duration limit) {
    const auto until = Signal::Clock::now() + limit;
    while (creating_ > 0 || !changing_.empty()) {
        if (Signal::Clock::now() >= until) co_return false;
        co_await settled_.wait_until(until);
    }
    co_return true;
}

void Sessions::resume() {
    for (SessionRow& row : ledger_.active_sessions()) {
        const SessionId id = row.id;
        const auto key = ledger_.key(row.key);
        const bool live = row.key.empty() || (key && key->state == KeyState::live);
        if (!live) {  // ephd ended between the two
            ledger_.session_over(id, key && !key->reason.empty() ? key->reason : "lease_closed", std::nullopt, "ephd");
            continue;
        }
        leases_.emplace(id, std::make_shared<Lease>(executor_, std::move(row), now()));
        tasks_.spawn("waiting for the client of session " + id.text(), await_client(id));
    }
}

Task<void> Sessions::await_client(SessionId session) {
    asio::steady_timer grace{executor_, restart_grace};
    co_await grace.async_wait(use_awaitable);
    const auto found = leases_.find(session);
    if (found == leases_.end() || found->second->held) co_return;
    spdlog::warn("session {}: its client did not come back", session.text());
    end(session, "lease_closed", std::nullopt, "ephd");
}

std::shared_ptr<Lease> Sessions::hold(const SessionId& session) {
    if (const auto found = leases_.find(session); found != leases_.end()) return found->second;
    const std::optional<SessionRow> row = ledger_.session(session);
    if (!row) throw Error{Code::not_found, "there is no session {}", session.text()};
    throw Error{Code::session_over, "session {} is over: {}", session.text(), row->end_reason};
}

std::uint64_t Sessions::take(Lease& lease) {
    lease.held = true;
    lease.changed.notify();  // an older holder sees that it is no longer the one
    return ++lease.holder;
}

void Sessions::release(const SessionId& session, std::uint64_t holder) {
    const auto found = leases_.find(session);
    if (found == leases_.end() || found->second->holder != holder) return;
    end(session, "lease_closed", std::nullopt, "client");
}

void Sessions::end(const SessionId& session, const std::string& reason, std::optional<std::int64_t> exit_status,
                   const std::string& actor) {
    const auto found = leases_.find(session);
    if (found == leases_.end()) return;
    const std::shared_ptr<Lease> lease = found->second;
    finish(*lease, reason);  // first, so that key_over() finds nothing left to say
    record({lease->session, reason, exit_status, actor});
}

void Sessions::key_over(const KeyRow& key, const std::string& reason) {
    const auto found = leases_.find(key.session);
    if (found == leases_.end() || found->second->session.key != key.id) return;  // it has another one by now
    end(key.session, reason, std::nullopt, "janitor");
}

// Where the ledger cannot be written its key goes all the same, and watch() tries again to record it.
void Sessions::record(Ending ending) {
    try {
        write(ending);
    } catch (const Error& error) {
        spdlog::error("session {} is over ({}), which cannot be recorded yet: {}", ending.session.id.text(),
                      ending.reason, error.message());
        revoke_unrecorded(ending, error);
        unrecorded_.push_back(std::move(ending));
        clock_.poke();
    }
}

void Sessions::revoke_unrecorded(const Ending& ending, const Error& why) {
    if (ending.session.key.empty()) return;
    try {
        const std::optional<KeyRow> row = ledger_.key(ending.session.key);
        if (row && row->state == KeyState::live) janitor_.revoke_unrecorded(*row, ending.reason, why);
    } catch (const Error& error) {  // nor can it be read: both are tried again
        spdlog::error("key {}: {}", ending.session.key.text(), error.message());
    }
}

void Sessions::write(const Ending& ending) {
    const SessionRow& session = ending.session;
    ledger_.session_over(session.id, ending.reason, ending.exit_status, ending.actor);
    if (session.key.empty()) {
        janitor_.drop_unused_accounts();
    } else {
        janitor_.wake();
    }
    spdlog::info("session {} is over: {}", session.id.text(), ending.reason);
}

// Says the last word to whoever holds the lease, and forgets it.
void Sessions::finish(Lease& lease, const std::string& reason) {
    lease.over = true;
    lease.say("over", reason);
    const SessionId id = lease.session.id;
    leases_.erase(id);
    if (on_over) on_over(id);
}

void Sessions::tell(const SessionId& session, const char* event, const std::string& reason) {
    if (const auto found = leases_.find(session); found != leases_.end()) found->second->say(event, reason);
}

}  // namespace eph
