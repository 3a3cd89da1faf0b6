// One ephd with its provider and its home, for one step of one operation.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/integration/support/daemon.hpp"

namespace eph::test {

inline const std::string of_another_machine = "eph-nas-20260101T000000Z-exp-20260101T020000Z-d4e5f6a1b2";

struct Recorded {
    std::string id, state;
    std::set<std::string> names;  // it may be about to have another one
};

struct Stage {
    explicit Stage(const std::vector<std::string>& sim_options = {});

    // By the key's id, where the answer has its secret.
    void was_handed(const Json& answer);
    void start_session(const Json& more = Json::object());
    Reply ask_broker();
    bool dead() { return !ephd.program().running(); }
    void let_die();

    std::vector<Recorded> recorded();     // the ledger's file as a dead ephd has left it
    std::set<std::string> at_provider();  // names of eph's own accounts that are not deleted

    // What is wrong right after ephd has died, and once the next one has settled everything; "" if nothing.
    std::string wrong_at_death();
    std::string wrong_in_the_end();
    bool settled();
    bool settled_and_compared();

    Sim sim;
    TempHome home;
    Daemon ephd;
    std::unique_ptr<LeaseConnection> lease;
    std::string session, key, token, socket;
    std::vector<std::string> handed_out;
    bool ledger_lost = false;  // by other hands than ephd's: it cannot know its keys until the provider has told it
    bool refused = false;      // a cleanup: whoever asked for it is told, and asks again
};

}  // namespace eph::test
