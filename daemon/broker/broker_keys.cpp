// The real credential of a session: fetched where this ephd does not have it yet, and refused by its provider.
#include <spdlog/spdlog.h>

#include "common/error.hpp"
#include "daemon/broker/prices.hpp"
#include "daemon/broker/served.hpp"

namespace eph {

// One fetch at a time, whoever asks; it goes on when they do not wait for it any longer.
Task<KeyRef> Broker::key(SessionId session) {
    const ServedRef served = find(session);
    if (!served || served->session->over) throw Error{Code::session_over, "session {} is over", session.text()};
    if (served->session->held_key) co_return served->session->held_key;
    const std::uint64_t before = served->fetches;  // one may end before it is waited for
    if (!served->fetching) {
        served->fetching = true;
        tasks_.spawn("fetching the credential of session " + session.text(), fetch_key(served));
    }
    while (served->fetches == before) co_await served->fetched.wait();
    if (served->session->held_key) co_return served->session->held_key;
    throw Error{served->failure.value()};
}

Task<void> Broker::fetch_key(ServedRef served) {
    struct Finished {
        Served& served;
        ~Finished() {
            served.fetching = false;
            ++served.fetches;
            served.fetched.notify();
        }
    } finished{*served};
    served->failure = Error{Code::busy, "ephd is stopping"};
    try {
        if (sessions_.hold(served->id)->session.key.empty()) {
            served->account = co_await accounts_.again(served->place, served->fingerprint);
            served->session->held_key = KeyRef{served->account, &served->account->secret};
        } else {
            IssuedKey issued = co_await sessions_.replace_key(served->id);
            served->session->held_key = std::make_shared<const Secret>(std::move(issued.secret));
        }
        served->failure.reset();
    } catch (const Error& error) {
        served->failure = error;
        spdlog::warn("session {} has no credential: {}", served->id.text(), error.message());
    }
}

void Broker::key_refused(const SessionId& session, const KeyRef& key) {
    const ServedRef served = find(session);
    if (!served || served->session->held_key != key) return;
    if (served->account) {
        accounts_.refused(served->account);
        served->session->held_key.reset();  // the next request asks its store for what it has by then
    }
    served->denied_after = served->good_answers();
    if (!served->is_news("credential_refused")) return;
    const std::string& title = served->session->upstream.title;
    spdlog::warn("session {}: {} refuses the credential that ephd holds", session.text(), title);
    note(*served, "credential_refused", title);
    sessions_.tell(session, "credential_refused", title);
}

std::vector<std::string> Broker::notes() const {
    std::vector<std::string> notes;
    if (std::string problem = prices_.problem(); !problem.empty()) notes.push_back(std::move(problem));
    for (const auto& [id, served] : served_) {
        if (!served->denied_after || served->session->over) continue;
        notes.push_back(fmt::format("session {}: {} refuses the credential that ephd holds", id.text(),
                                    served->session->upstream.title));
    }
    return notes;
}

}  // namespace eph
