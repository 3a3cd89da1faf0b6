// Drawing a round: who works, and what goes wrong when.
#include "tests/chaos/plan.hpp"

#include <algorithm>
#include <csignal>

namespace eph::chaos {
namespace {

// Not --delete-by create: there, nobody can delete what he has only from the list.
std::vector<std::string> habits(Random& random) {
    using Options = std::vector<std::string>;
    Options options = random.weighed<Options>({{{}, 50},
                                               {{"--list-id-differs", "--delete-by", "list"}, 12},
                                               {{"--list-id-differs"}, 5},
                                               {{"--service-accounts-as-users"}, 10},
                                               {{"--id-shape", "uuid"}, 4},
                                               {{"--no-expires"}, 6},
                                               {{"--max-expires", "100000"}, 4},
                                               {{"--api-key-delete", "allow"}, 4}});
    const int latency = random.weighed<int>({{0, 50}, {20, 30}, {150, 20}});
    options.insert(options.end(), {"--latency-ms", std::to_string(latency)});
    return options;
}

PlannedSession session(Random& random, const Plan& plan, bool real_pi) {
    PlannedSession result;
    result.at = random.chance(40) ? random.below(200) : random.below(plan.length - 500);
    result.mode = random.weighed<Mode>({{Mode::print, 28},
                                        {Mode::terminal, 14},
                                        {Mode::command, 12},
                                        {Mode::command_terminal, 6},
                                        {Mode::broker, 14},
                                        {Mode::local, 8},
                                        {Mode::manual, 5},
                                        {Mode::serving, 4},
                                        {Mode::key, 5},
                                        {Mode::real_pi, real_pi ? 3 : 0}});
    result.agent = random.weighed<Agent>({{Agent::quick, 12},
                                          {Agent::works, 20},
                                          {Agent::asks, 20},
                                          {Agent::stubborn, 15},
                                          {Agent::forks, 10},
                                          {Agent::fails, 5},
                                          {Agent::dies, 5},
                                          {Agent::talks, 5}});
    result.lasts = random.between(50, 4000);
    if (random.chance(15) || result.mode == Mode::key) result.ttl = random.between(1, 6);
    // A key without a session lives until its deadline, which means nothing under a clock that is wrong.
    if (result.mode == Mode::key && plan.fake_clock) result.mode = Mode::print;
    return result;
}

Act killing(Random& random, int length) {
    Act act;
    act.what = What::kill;
    act.victim = random.weighed<Victim>({{Victim::eph, 26},
                                         {Victim::ephd, 20},
                                         {Victim::ssh_master, 12},
                                         {Victim::ssh_channel, 8},
                                         {Victim::sshd, 12},
                                         {Victim::keeper, 6},
                                         {Victim::runner, 4},
                                         {Victim::agent, 12}});
    act.signal = random.weighed<int>({{SIGKILL, 40}, {SIGTERM, 15}, {SIGINT, 15}, {SIGHUP, 15}, {SIGSTOP, 15}});
    act.at = random.below(length);
    act.pick = random.below(1000);
    act.length = random.between(20, 2500);
    return act;
}

Act of(What what, Random& random, int length) {
    Act act;
    act.what = what;
    act.at = random.below(length);
    act.pick = random.below(1000);
    act.length = random.between(50, 2500);
    act.cut = random.chance(50);
    return act;
}

void draw_acts(Plan& plan, Random& random) {
    const auto add = [&](What what, int number) {
        for (int i = 0; i < number; ++i) plan.acts.push_back(of(what, random, plan.length));
    };
    for (int i = random.between(2, 9); i > 0; --i) plan.acts.push_back(killing(random, plan.length));
    if (random.chance(75)) {
        for (int i = random.between(1, 5); i > 0; --i) {
            Act act = of(What::fault, random, plan.length);
            if (random.chance(50)) act.at = 0;  // in force from the start: creations meet it, too
            std::string kind;
            act.fault = fault_of(random, kind);
            act.fault["figure"] = kind;
            plan.acts.push_back(std::move(act));
        }
    }
    if (plan.fake_clock) add(What::clock, random.between(1, 3));
    for (Act& act : plan.acts) {
        if (act.what == What::clock) act.by = random.one_of({-172'800, -7200, -90, 0, 61, 7200, 86'400});
    }
    if (plan.small_disk) add(What::disk, random.between(1, 2));
    if (random.chance(20)) add(What::provider, random.between(1, 3));
    if (random.chance(20)) add(What::host, random.between(1, 3));
    if (random.chance(25)) add(What::extend, random.between(1, 3));
    if (random.chance(15)) add(What::stop, random.between(1, 2));
    if (random.chance(10)) add(What::cleanup, 1);
    if (plan.foreign > 0) add(What::shift, random.between(2, 6));
    // The twin of a key that was extended since has its old name, which no ledger knows any more: to eph it is another
    // machine's, and lives until the end that it was made with. Nobody could tell it apart.
    const auto twin = [](const Act& act) { return act.what == What::fault && act.fault.at("kind") == "twice"; };
    if (std::any_of(plan.acts.begin(), plan.acts.end(), twin))
        std::erase_if(plan.acts, [](const Act& act) { return act.what == What::extend; });
    std::sort(plan.acts.begin(), plan.acts.end(), [](const Act& one, const Act& other) { return one.at < other.at; });
}

// A provider that answers creations with the id of somebody else's account. ephd knows by its list whose an id is, so
// nothing else may go wrong here that would keep it from reading that.
void mix_up_ids(Plan& plan, Random& random) {
    std::erase_if(plan.acts, [](const Act& act) {
        return act.what == What::fault || act.what == What::provider || act.victim == Victim::ephd;
    });
    for (PlannedSession& each : plan.sessions) each.at += 1000;
    plan.length += 1000;
    Act act;
    act.what = What::fault;
    act.fault = {{"kind", "other_id"},
                 {"times", random.one_of({1, 3, -1})},
                 {"figure", "somebody else's id"},
                 {"match", {{"method", "POST"}, {"path_contains", "service_accounts"}}}};
    plan.acts.insert(plan.acts.begin(), std::move(act));
}

}  // namespace

Plan plan_round(std::uint64_t seed, int round, bool real_pi) {
    Random random{seed, static_cast<std::uint64_t>(round)};
    Plan plan;
    plan.seed = seed;
    plan.round = round;
    plan.length = random.between(2000, 6000);
    plan.account = random.weighed<AccountFrom>(
        {{AccountFrom::ephd, 55}, {AccountFrom::configuration, 30}, {AccountFrom::client, 15}});
    plan.restart_after = random.between(0, 2000);
    const bool ours = plan.account == AccountFrom::ephd;  // eph's own start of ephd knows no false clock
    plan.fake_clock = random.chance(30) && ours;
    plan.small_disk = random.chance(25) && ours;
    plan.foreign = random.chance(40) ? random.between(90, 220) : 0;
    plan.sim_options = habits(random);
    for (int i = random.between(4, 8); i > 0; --i) plan.sessions.push_back(session(random, plan, real_pi));
    draw_acts(plan, random);
    if (ours && !plan.fake_clock && !plan.small_disk && random.chance(12)) mix_up_ids(plan, random);
    return plan;
}

const char* to_text(Mode mode) {
    switch (mode) {
        case Mode::print:
            return "print mode";
        case Mode::terminal:
            return "terminal";
        case Mode::command:
            return "exec";
        case Mode::command_terminal:
            return "exec in a terminal";
        case Mode::broker:
            return "broker";
        case Mode::local:
            return "local";
        case Mode::manual:
            return "own key";
        case Mode::serving:
            return "eph broker";
        case Mode::real_pi:
            return "real Pi";
        case Mode::key:
            return "--via key";
    }
    return "";
}

const char* to_text(Victim victim) {
    switch (victim) {
        case Victim::eph:
            return "eph";
        case Victim::ephd:
            return "ephd";
        case Victim::ssh_master:
            return "ssh, the connection";
        case Victim::ssh_channel:
            return "ssh, a channel";
        case Victim::sshd:
            return "sshd's child";
        case Victim::keeper:
            return "keeper";
        case Victim::runner:
            return "runner, login shell";
        case Victim::agent:
            return "agent";
    }
    return "";
}

}  // namespace eph::chaos
