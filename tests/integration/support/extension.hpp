// A session that is extended, with what ledger and provider have of it.
#pragma once

#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"

namespace eph::test {

struct ExtensionWorld {
    explicit ExtensionWorld(std::vector<std::string> options = {}) : sim(std::move(options)), ephd(home, sim) {
        sim.wait_for_answered("GET /users");  // the comparison at the start
    }

    void start(int ttl = 600) {
        lease = ephd.session({{"host", "web"}, {"ttl_seconds", ttl}});
        const auto first = lease->event();
        REQUIRE(first);
        issued = *first;
        session = issued.at("session").at("id");
        key = issued.at("key").at("id");
        name = issued.at("key").at("name");
        deadline = issued.at("session").at("expires_at");
    }
    Reply extend(int seconds) { return ephd.call("POST", path(), {{"seconds", seconds}}); }
    std::string path() const { return "/v1/sessions/" + session + "/extend"; }

    // The newest account and its key as the provider has them.
    Json account() { return sim.state().at("accounts").back(); }
    std::int64_t expiry() { return account().at("keys").at(0).at("expires_at"); }
    void old_end_counts() {
        CHECK(ephd.get("/v1/sessions/" + session).at("expires_at") == deadline);
        CHECK(ephd.key(key).at("expires_at") == deadline);
        CHECK(ephd.key(key).at("state") == "live");
    }
    std::string refused(int seconds, int status) {
        const Reply reply = extend(seconds);
        INFO(reply.text);
        CHECK(reply.status == status);
        return reply.json().at("error").at("message");
    }

    Sim sim;
    TempHome home;
    Daemon ephd;
    std::unique_ptr<LeaseConnection> lease;
    Json issued;
    std::string session, key, name;
    std::int64_t deadline = 0;
};

inline Json on(const char* path, Json fault) {
    fault["match"] = {{"method", "POST"}, {"path_contains", path}};
    return fault;
}

inline constexpr const char* rename_call = "/service_accounts/";
inline constexpr const char* expiry_call = "/api_keys/";

struct ByListedId : ExtensionWorld {
    ByListedId() : ExtensionWorld({"--list-id-differs", "--delete-by", "list"}) {}
};

}  // namespace eph::test
