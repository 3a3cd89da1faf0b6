// What a round does, decided before it begins, by its seed and number alone.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/chaos/random.hpp"

namespace eph::chaos {

using Json = nlohmann::json;

// Where ephd has its account from, and who starts it again.
enum class AccountFrom { ephd, configuration, client };

enum class Mode { print, terminal, command, command_terminal, broker, local, manual, serving, real_pi, key };
const char* to_text(Mode mode);

enum class Agent { quick, works, asks, stubborn, forks, fails, dies, talks };
const char* to_text(Agent agent);

struct PlannedSession {
    int at = 0;  // ms from the round's begin, as all times here
    Mode mode = Mode::print;
    Agent agent = Agent::quick;
    int lasts = 0;  // the agent, in ms, where it is not quick
    int ttl = 600;  // s
};

enum class Victim { eph, ephd, ssh_master, ssh_channel, sshd, keeper, runner, agent };
const char* to_text(Victim victim);

enum class What {
    kill,      // `signal` to the `pick`th of the victims there are then
    fault,     // of the provider's
    clock,     // ephd's is `by` seconds off from now on
    disk,      // ephd's is full, for `length`
    provider,  // the network to the provider is gone, for `length`
    host,      // the network to the host is gone, for `length`
    extend,    // somebody extends a session
    stop,      // somebody stops one
    cleanup,   // somebody cleans up
    shift,     // other people's accounts come and go
};

struct Act {
    int at = 0;
    What what = What::kill;
    Victim victim = Victim::eph;
    int signal = 0;  // SIGSTOP: continued after `length`
    int pick = 0;
    int length = 0;
    int by = 0;
    bool cut = false;  // the network: connections are reset, not only silent
    Json fault;
};

struct Plan {
    std::uint64_t seed = 0;
    int round = 0;
    std::string plant;  // a leak to be made on purpose, which the checks must find
    int length = 0;     // then all faults end
    AccountFrom account = AccountFrom::ephd;
    int restart_after = 0;  // how long ephd is gone when it was killed, where nobody but us starts it
    bool fake_clock = false;
    bool small_disk = false;
    int foreign = 0;                       // accounts of other people at the provider
    std::vector<std::string> sim_options;  // its habits
    std::vector<PlannedSession> sessions;
    std::vector<Act> acts;  // by their time
};

Plan plan_round(std::uint64_t seed, int round, bool real_pi);
Json fault_of(Random& random, std::string& kind);  // one of eph-sim's, and its name in the figures
Json to_json(const Plan& plan);

}  // namespace eph::chaos
