// A session through the broker, and its agent's requests.
#pragma once

#include <sys/stat.h>

#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"

namespace eph::test {

inline const Json a_question = {{"model", "gpt-5"}, {"input", "hello"}};

struct BrokeredWorld {
    void start(Json extra = Json::object()) {
        Json request = {{"host", "web"}, {"ttl_seconds", 600}, {"credential", "broker"}};
        request.update(extra);
        lease = ephd.session(request);
        const auto first = lease->event();
        REQUIRE(first);
        INFO(first->dump());
        REQUIRE(lease->status() == 201);
        issued = *first;
        session = issued.at("session").at("id");
        token = issued.at("secret");
        socket = issued.at("broker").at("socket").get<std::string>();
        port = issued.at("broker").at("port");
    }

    // As its agent: a connection, or an exception where nobody listens.
    std::unique_ptr<HttpConnection> connect() const {
        return socket.empty() ? std::make_unique<HttpConnection>(port) : std::make_unique<HttpConnection>(socket);
    }
    Reply ask(const Json& body = a_question, const std::string& presented = "") const {
        const auto connection = connect();
        connection->request("POST", "/openai/v1/responses", body.dump(),
                            {{"Authorization", "Bearer " + (presented.empty() ? token : presented)},
                             {"Content-Type", "application/json"}});
        return connection->reply();
    }
    bool nobody_listens() const {
        try {
            (void)connect();
        } catch (const std::runtime_error&) {
            return true;
        }
        return false;
    }
    void works() const {
        const Reply reply = ask();
        INFO(reply.text);
        CHECK(reply.status == 200);
        CHECK(reply.text.find("You said: hello") != reply.text.npos);
    }
    Json look() { return ephd.get("/v1/sessions/" + session); }
    Reply end(const std::string& reason) {
        return ephd.call("DELETE", "/v1/sessions/" + session, {{"reason", reason}});
    }

    // The next ephd, which this session's client knows at once.
    void restart() {
        ephd.start();
        lease = ephd.lease(session);
        CHECK(lease->event()->at("event") == "held");
    }

    Sim sim;
    TempHome home;
    Daemon ephd{home, sim};
    std::unique_ptr<LeaseConnection> lease;
    Json issued;
    std::string session, token;
    std::filesystem::path socket;
    int port = 0;
};

}  // namespace eph::test
