// A session through the broker outlives the ephd that held its key in memory: the next one makes it another.
#include <spdlog/spdlog.h>

#include "common/error.hpp"
#include "common/key_name.hpp"
#include "daemon/sessions/only_one.hpp"
#include "daemon/sessions/sessions.hpp"

namespace eph {
namespace {

// Like the lost one, for what is left of the session.
KeyRow successor(const KeyRow& lost, const SessionRow& session, const AccountRef& account) {
    KeyRow key;
    key.id = KeyId::make();
    key.created = now();
    key.deadline = session.deadline;
    key.label = lost.label;
    key.name = new_key_name(key.label, key.created, key.deadline).text();
    key.place = account->place;
    key.fingerprint = account->fingerprint;
    key.host = lost.host;
    key.session = session.id;
    return key;
}

Error over(const SessionId& session) { return Error{Code::session_over, "session {} is over", session.text()}; }

}  // namespace

Task<IssuedKey> Sessions::replace_key(SessionId session) {
    const std::shared_ptr<Lease> lease = hold(session);
    while (changing_.contains(session)) co_await settled_.wait();
    const OnlyOne only_one{*this, session};
    const KeyRow lost = ledger_.key(lease->session.key).value();
    const AccountRef account = co_await accounts_.for_place(lost.place, lost.fingerprint, 0, Asker::person);
    const Places::Place place = co_await turn();
    if (lease->over || lease->session.deadline <= now()) throw over(session);
    const SessionRow row = lease->session;
    KeyRow key = successor(lost, row, account);
    ledger_.intend(key, std::nullopt, "ephd");
    IssuedKey issued = co_await create(account, std::move(key), {}, row);
    if (lease->over) {  // meanwhile, and the ledger could not say so
        janitor_.revoke(issued.key.id, "lease_closed", "ephd");
        throw over(session);
    }
    lease->session.key = issued.key.id;
    spdlog::info("session {} goes on with key {}", session.text(), issued.key.id.text());
    co_return issued;
}

}  // namespace eph
