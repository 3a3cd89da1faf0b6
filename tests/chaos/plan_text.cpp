// A plan as people and logs read it.
#include "tests/chaos/plan.hpp"

namespace eph::chaos {
namespace {

const char* to_text(AccountFrom from) {
    switch (from) {
        case AccountFrom::ephd:
            return "ephd's environment";
        case AccountFrom::configuration:
            return "config.json";
        case AccountFrom::client:
            return "eph's environment";
    }
    return "";
}

const char* to_text(What what) {
    switch (what) {
        case What::kill:
            return "kill";
        case What::fault:
            return "fault";
        case What::clock:
            return "clock";
        case What::disk:
            return "disk full";
        case What::provider:
            return "no network to the provider";
        case What::host:
            return "no network to the host";
        case What::extend:
            return "extend";
        case What::stop:
            return "stop";
        case What::cleanup:
            return "cleanup";
        case What::shift:
            return "other accounts come and go";
    }
    return "";
}

Json to_json(const Act& act) {
    Json json = {{"at", act.at}, {"what", to_text(act.what)}};
    if (act.what == What::kill) json.update({{"victim", to_text(act.victim)}, {"signal", act.signal}});
    if (act.what == What::clock) json["by"] = act.by;
    if (act.what == What::fault) json["fault"] = act.fault;
    if (act.what == What::provider || act.what == What::host) json["reset"] = act.cut;
    json["pick"] = act.pick;
    json["length"] = act.length;
    return json;
}

}  // namespace

const char* to_text(Agent agent) {
    switch (agent) {
        case Agent::quick:
            return "quick";
        case Agent::works:
            return "works";
        case Agent::asks:
            return "asks its model";
        case Agent::stubborn:
            return "ignores signals";
        case Agent::forks:
            return "leaves a process behind";
        case Agent::fails:
            return "fails";
        case Agent::dies:
            return "is killed by itself";
        case Agent::talks:
            return "talks";
    }
    return "";
}

Json to_json(const Plan& plan) {
    Json sessions = Json::array(), acts = Json::array();
    for (const PlannedSession& each : plan.sessions) {
        sessions.push_back({{"at", each.at},
                            {"mode", to_text(each.mode)},
                            {"agent", to_text(each.agent)},
                            {"lasts", each.lasts},
                            {"ttl", each.ttl}});
    }
    for (const Act& each : plan.acts) acts.push_back(to_json(each));
    return {{"seed", plan.seed},
            {"round", plan.round},
            {"length", plan.length},
            {"account_from", to_text(plan.account)},
            {"restart_after", plan.restart_after},
            {"fake_clock", plan.fake_clock},
            {"small_disk", plan.small_disk},
            {"foreign", plan.foreign},
            {"eph_sim", plan.sim_options},
            {"sessions", sessions},
            {"acts", acts}};
}

}  // namespace eph::chaos
