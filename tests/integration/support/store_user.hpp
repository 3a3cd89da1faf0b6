// A person whose admin key is in a store, and what ephd says where the store gives none.
#pragma once

#include <csignal>

#include "tests/integration/support/person.hpp"
#include "tests/support/catch.hpp"

namespace eph::test {

struct StoreUser : Person {
    Json failure() {
        const Reply reply = ephd->call("POST", "/v1/keys", Json::object());
        INFO(reply.text);
        REQUIRE(reply.status == 424);
        return reply.json().at("error");
    }
};

inline bool gone(pid_t pid) { return kill(pid, 0) != 0; }

}  // namespace eph::test
