// What must be true after a round: at the provider, in the ledger, on the host.
#include <unistd.h>

#include <algorithm>

#include "tests/chaos/processes.hpp"
#include "tests/chaos/round.hpp"

namespace eph::chaos {
namespace {

using namespace std::chrono_literals;

// Accounts that eph has made, of this round's sessions.
Json ours_in(const Json& state) {
    Json ours = Json::array();
    for (const Json& account : state.at("accounts")) {
        const std::string name = account.at("name");
        if (name.starts_with("eph-") && name != kept_key && name != stale_key) ours.push_back(account);
    }
    return ours;
}

std::string names(const Json& accounts) {
    std::string text;
    for (const Json& account : accounts) text += " " + account.at("name").get<std::string>();
    return text;
}

}  // namespace

void Round::leak(const std::string& what) { figures_.leaks.push_back(what); }

void Round::check() {
    wait_for_ends();
    stage_.bring_ephd();
    clean_up_if_needed();
    wait_for_keys();
    wait_for_ledger();
    measure();
    look_at_host(!keeper_killed_);
    last_session();
    look_at_host(true);
    compare();
    end();
    look_for_secrets();
}

void Round::wait_for_ends() {
    const auto all_ended = [&] {
        tick();
        return std::none_of(sessions_.begin(), sessions_.end(), [](const Session& each) { return each.running(); }) &&
               std::none_of(errands_.begin(), errands_.end(), [](const auto& each) { return each->running(); });
    };
    if (test::eventually(all_ended, eph_limit)) return;
    for (const Session& each : sessions_) {
        if (each.running()) leak("eph goes on: " + each.command());
    }
    for (const auto& each : errands_) {
        if (each->running()) leak("an eph that was called beside the sessions goes on");
    }
}

// What needs a person by design: an account that only a client had, and a provider that says one thing and does
// another, which only its list can tell (read hourly, and by eph cleanup).
void Round::clean_up_if_needed() {
    if (plan_.account != AccountFrom::client && !lied_) return;
    figures_.count("by other hands", "cleanup at the end");
    const auto done = stage_.eph({"cleanup"});
    if (!test::eventually([&] { return !done->running(); }, 120s)) leak("eph cleanup does not end: " + done->err());
}

void Round::wait_for_keys() {
    Json left;
    const auto none = [&] {
        stage_.supervise();
        left = ours_in(stage_.sim.control("GET", "/_sim/state?present=1"));
        if (left.empty()) return true;
        usleep(100'000);
        return false;
    };
    if (!test::eventually(none, within(key_limit))) leak("keys at the provider without a session:" + names(left));
}

std::string Round::unsettled() {
    const auto keys = stage_.get("/v1/keys");
    const auto sessions = stage_.get("/v1/sessions?active=1");
    if (!keys || !sessions) return "ephd does not answer";
    if (keys->at("keys").empty() && sessions->at("sessions").empty()) return "";
    return keys->at("keys").dump(1) + sessions->at("sessions").dump(1);
}

void Round::wait_for_ledger() {
    std::string left;
    const auto settled = [&] {
        left = unsettled();
        if (left.empty()) return true;
        usleep(200'000);
        return false;
    };
    if (!test::eventually(settled, within(ledger_limit))) leak("rows that are not settled: " + left);
    figures_.to_settled = {now_ms() - calm_, plan_.round, "lost creations, looked for during a minute"};
}

// From the end of each session to that of its key, as the provider has it.
void Round::measure() {
    rows_ = stage_.get("/v1/keys?all=1").value_or(Json{{"keys", Json::array()}}).at("keys");
    std::map<std::string, std::int64_t> over;
    for (const Session& each : sessions_) {
        std::string label = each.host();
        if (each.plan().mode == Mode::local || each.plan().mode == Mode::serving) label = "";
        over[label] = std::max(over[label], each.over());
    }
    for (const Json& account : ours_in(stage_.sim.state())) {
        const std::string name = account.at("name");
        const std::string label = name.substr(4, name.find('-', 4) - 4);
        const auto found = over.contains(label) ? over.find(label) : over.find("");
        const std::int64_t gone = account.at("deleted_ms");
        if (found == over.end() || gone == 0) continue;
        figures_.count("keys", "");
        const std::string why = reason(account, found->second, gone);
        figures_.from_over.consider({gone - found->second, plan_.round, why});
        figures_.from_calm.consider({gone - std::max(found->second, calm_), plan_.round, why});
    }
}

std::string Round::reason(const Json& account, std::int64_t from, std::int64_t to) {
    std::string text;
    for (const Trouble& each : troubles_) {
        if (each.from < to && each.to > from) text += (text.empty() ? "" : "; ") + each.what;
    }
    for (const Json& row : rows_) {
        if (row.at("name") != account.at("name")) continue;
        text += (text.empty() ? "" : "; ") + ("attempts that failed: " + row.at("attempts").dump());
        if (row.at("last_error") != "") text += ", the last: " + row.at("last_error").get<std::string>();
    }
    return text.empty() ? "nothing but its turn" : text;
}

// Everything that eph has said it has revoked is gone, and nothing of anybody else's.
void Round::compare() {
    const auto swept = stage_.eph({"cleanup"});
    if (!test::eventually([&] { return !swept->running(); }, 60s)) leak("the last cleanup does not end");
    if (swept->running() || swept->wait().status != 0) leak("the last cleanup failed: " + swept->err());
    const Json state = stage_.sim.control("GET", "/_sim/state?present=1");
    if (const Json left = ours_in(state); !left.empty()) leak("keys after all has ended:" + names(left));
    std::set<std::string> there;
    for (const Json& account : state.at("accounts")) there.insert(account.at("name"));
    for (const char* name : {"production", kept_key}) {
        if (!there.contains(name)) leak(std::string{"revoked, though it was somebody else's: "} + name);
    }
    if (there.contains(stale_key)) leak("another machine's key that is over is still there after a cleanup");
    for (const Json& call : stage_.sim.requests("DELETE")) {
        const std::string path = call.at("path");
        for (const Json& account : state.at("accounts")) {
            if (account.at("name") == stale_key) continue;
            if (path.ends_with("/" + account.at("id").get<std::string>()) ||
                path.ends_with("/" + account.at("listed_id").get<std::string>()))
                leak("asked to delete what is not ours: " + account.at("name").get<std::string>());
        }
    }
    const Json known = stage_.get("/v1/keys?all=1").value_or(Json{{"keys", Json::array()}});
    for (const Json& row : known.at("keys")) {
        if (row.at("state") != "revoked") leak("the ledger does not agree: " + row.dump());
    }
}

}  // namespace eph::chaos
