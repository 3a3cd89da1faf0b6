// What goes wrong, as it was planned.
#include "tests/chaos/round.hpp"

#include <csignal>
#include <ctime>

#include "tests/chaos/processes.hpp"

namespace eph::chaos {
namespace {

const char* name_of(int signal) {
    switch (signal) {
        case SIGKILL:
            return "KILL";
        case SIGTERM:
            return "TERM";
        case SIGINT:
            return "INT";
        case SIGHUP:
            return "HUP";
        default:
            return "STOP";
    }
}

std::string http_date(int seconds_from_now) {
    const std::time_t at = std::time(nullptr) + seconds_from_now;
    char text[64];
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&at));
    return text;
}

}  // namespace

Round::Round(const Plan& plan) : plan_(plan), stage_(plan) {
    for (std::size_t i = 0; i < plan.sessions.size(); ++i)
        sessions_.emplace_back(stage_, plan.sessions[i], static_cast<int>(i));
    stage_.of_host = Stage::files(stage_.host.host_home());
}

void Round::play() {
    began_ = now_ms();
    for (const Act& each : plan_.acts) later(each.at, [this, &each] { act(each); });
    for (Session& each : sessions_) {
        later(each.plan().at, [this, &each] {
            each.start();
            figures_.count("sessions", to_text(each.plan().mode));
        });
    }
    for (int at = 0; at < plan_.length; at = static_cast<int>(now_ms() - began_)) {
        do_acts(at);
        tick();
        test::pause_briefly();
    }
    do_acts(1'000'000);
    calm();
    plant();
}

void Round::do_acts(int at) {
    while (!pending_.empty() && pending_.begin()->first <= at) {
        const auto what = std::move(pending_.begin()->second);
        pending_.erase(pending_.begin());
        what();
    }
}

void Round::tick() {
    for (Session& each : sessions_) each.tick();
    for (auto& each : errands_) (void)each->running();
    stage_.supervise();
}

void Round::trouble(const std::string& what, std::int64_t length) {
    troubles_.push_back({what, now_ms(), now_ms() + length});
}

void Round::act(const Act& what) {
    const int end = what.at + what.length;
    switch (what.what) {
        case What::kill:
            return kill_one(what);
        case What::fault:
            return set_fault(what.fault);
        case What::clock:
            figures_.count("clock steps", what.by < 0 ? "back" : "forward");
            return stage_.set_clock(what.by);
        case What::disk:
            figures_.count("disk full", "");
            trouble("the disk was full", what.length);
            stage_.fill_disk();
            return later(end, [this] { stage_.free_disk(); });
        case What::provider:
        case What::host: {
            const bool provider = what.what == What::provider;
            Network& network = provider ? stage_.to_provider : stage_.to_host;
            const std::string to = provider ? "to the provider" : "to the host";
            figures_.count("network gone", to + (what.cut ? ", reset" : ", silent"));
            if (provider) trouble("no network " + to, what.length);
            what.cut ? network.cut() : network.silence();
            return later(end, [&network] { network.pass(); });
        }
        case What::extend:
            return errand(what, "extend $id 10m");
        case What::stop:
            return errand(what, "stop $id");
        case What::cleanup:
            figures_.count("by other hands", "cleanup");
            errands_.push_back(stage_.eph({"cleanup"}));
            return;
        case What::shift:
            return shift_accounts(what);
    }
}

void Round::kill_one(const Act& act) {
    const std::vector<pid_t> there = candidates(act.victim, stage_.host.pid());
    if (there.empty()) {  // as soon as there is one
        constexpr int look_again = 30;
        Act again = act;
        again.at += look_again;
        if (again.at < plan_.length) later(again.at, [this, again] { kill_one(again); });
        return;
    }
    const pid_t pid = there[static_cast<std::size_t>(act.pick) % there.size()];
    std::string signal = name_of(act.signal);
    if (act.victim == Victim::keeper || act.victim == Victim::runner) keeper_killed_ |= act.signal == SIGKILL;
    if (act.victim == Victim::ephd) trouble("ephd had SIG" + signal, act.length + plan_.restart_after);
    for (Session& each : sessions_) {
        if (each.pid() != pid || act.signal != SIGHUP || !each.in_terminal() || !each.running()) continue;
        figures_.count("kills", std::string{to_text(act.victim)} + ": window closed");
        return each.close_window();
    }
    if (kill(pid, act.signal) != 0) return;
    figures_.count("kills", std::string{to_text(act.victim)} + ": " + signal);
    if (act.signal != SIGSTOP) return;
    stopped_.insert(pid);
    later(act.at + act.length, [this, pid] {
        kill(pid, SIGCONT);
        stopped_.erase(pid);
    });
}

void Round::set_fault(Json fault) {
    fault_names_.push_back(fault.at("figure"));
    if (fault.contains("retry_at")) fault["headers"] = {{"Retry-After", http_date(fault["retry_at"])}};
    stage_.sim.fault(fault);
}

// As other people's work would, while lists are being read.
void Round::shift_accounts(const Act& act) {
    figures_.count("by other hands", "accounts come and go");
    for (int i = 0; i < 3; ++i) {
        const std::string name = "team-" + std::to_string((act.pick + 31 * i) % plan_.foreign + 1);
        if (stage_.sim.has(name)) stage_.sim.control("POST", "/_sim/delete-account", {{"name", name}});
        stage_.sim.seed("new-" + std::to_string(act.pick + i));
    }
}

// `command` with the id of a session that there is then.
void Round::errand(const Act& act, const std::string& command) {
    figures_.count("by other hands", command.substr(0, command.find(' ')));
    const std::string script =
        "ids=$(\"$0\" sessions --json | grep -o '\"id\": *\"[^\"]*\"' | cut -d'\"' -f4 | head -n 6); "
        "set -- $ids; [ $# -gt 0 ] || exit 0; shift $(($PICK % $#)); id=$1; exec \"$0\" " +
        command;
    test::Variables variables = stage_.person();
    variables["PICK"] = std::to_string(act.pick);
    errands_.push_back(std::make_unique<test::Program>(std::vector<std::string>{"sh", "-c", script, EPH}, variables));
}

// The faults are over: everything works again from here on.
void Round::calm() {
    const Json faults = stage_.sim.control("DELETE", "/_sim/faults");
    for (std::size_t i = 0; i < faults.size() && i < fault_names_.size(); ++i) {
        const int hits = faults[i].at("hits");
        if (hits == 0) continue;
        const std::string& name = fault_names_[i];
        figures_.count("faults met", name, hits);
        lied_ |= name == "duplicate name" || name == "deletion confirmed, not done";
    }
    if (!faults.empty()) troubles_.push_back({"faults of the provider", began_, now_ms()});
    stage_.to_provider.pass();
    stage_.to_host.pass();
    if (plan_.small_disk) stage_.free_disk();
    if (plan_.fake_clock) stage_.set_clock(0);
    for (const pid_t pid : stopped_) kill(pid, SIGCONT);
    calm_ = now_ms();
}

}  // namespace eph::chaos
