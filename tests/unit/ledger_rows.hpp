// Rows for tests of the ledger.
#pragma once

#include <string>

#include "daemon/ledger/ledger.hpp"

namespace eph::test {

inline const Place place{"openai", "proj_1", "https://api.openai.com/v1"};
inline const Timestamp moment = Timestamp{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};

inline KeyRow a_key(const std::string& id, Timestamp deadline = moment + std::chrono::hours{2}) {
    KeyRow key;
    key.id = KeyId{id};
    key.name = "eph-web-" + id;
    key.place = place;
    key.fingerprint = "0123456789ab";
    key.label = "web";
    key.host = "web.example";
    key.created = moment;
    key.deadline = deadline;
    return key;
}

inline SessionRow a_session(const std::string& id, const KeyRow& key) {
    SessionRow session;
    session.id = SessionId{id};
    session.key = key.id;
    session.host = "web.example";
    session.provider = "openai";
    session.agent = "pi";
    session.started = key.created;
    session.deadline = key.deadline;
    return session;
}

// A key's row with what the provider said of it.
inline KeyRow made(const std::string& id, const std::string& service_account_id, const std::string& api_key_id) {
    KeyRow key = a_key(id);
    key.service_account_id = service_account_id;
    key.api_key_id = api_key_id;
    return key;
}

inline void add_live(Ledger& ledger, const std::string& id, Timestamp deadline = moment + std::chrono::hours{2}) {
    ledger.intend(a_key(id, deadline), std::nullopt, "test");
    ledger.live(made(id, "svc_" + id, "key_" + id));
}

}  // namespace eph::test
