// A provider whose faults a test sets, and what has to be true of a creation that it spoils.
#pragma once

#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"

namespace eph::test {

struct FaultyProvider : DaemonAndSim {
    std::string authority() { return "127.0.0.1:" + std::to_string(sim.port()); }

    // Asks for a key in vain; afterwards nothing of it may be left, whether it had been made or not.
    Json refused() {
        const Reply reply = ephd.call("POST", "/v1/keys", Json::object());
        INFO(reply.text);
        CHECK(reply.status == 502);
        CHECK(eventually([&] { return sim.live_keys() == 0; }));
        return reply.json().at("error");
    }

    static Json on(const char* method, Json fault) {
        fault["match"] = {{"method", method}};
        return fault;
    }
};

}  // namespace eph::test
