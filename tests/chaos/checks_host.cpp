// What must be true after a round: processes, files, and no secret in any of them.
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>

#include "tests/chaos/apart.hpp"
#include "tests/chaos/processes.hpp"
#include "tests/chaos/round.hpp"

namespace eph::chaos {
namespace {

using namespace std::chrono_literals;
using test::read_file;

// "eph-" and forty letters and digits: what an agent presents to the broker.
bool has_token(const std::string& text) {
    for (std::size_t at = 0; (at = text.find("eph-", at)) != text.npos; ++at) {
        std::size_t end = at + 4;
        while (end < text.size() && std::isalnum(static_cast<unsigned char>(text[end])) != 0) ++end;
        if (end - at >= 44) return true;
    }
    return false;
}

}  // namespace

// Whatever is not the stage's own. Its processes are this one, its parent, eph-sim, sshd, ephd, and the networks.
std::string Round::left_on_host() {
    std::string left;
    const std::set<pid_t> stage{1, getpid(), stage_.host.pid(), stage_.to_host.pid(), stage_.to_provider.pid()};
    for (const Process& each : processes()) {
        if (stage.contains(each.pid) || each.name == "eph-sim" || each.name == "ephd") continue;
        left += " process " + std::to_string(each.pid) + " (" + each.name + ": " + each.command_line + ")";
    }
    for (const auto& entry : fs::directory_iterator{"/tmp"}) {
        const bool known = entry.path() == stage_.home.path("").parent_path() || entry.path() == "/tmp/chaos" ||
                           is_way_to_programs(entry.path());
        if (!known) left += " " + entry.path().string();
    }
    for (const std::string& file : Stage::files(stage_.host.host_home())) {
        if (!stage_.of_host.contains(file)) left += " " + file;
    }
    for (const auto& entry : fs::directory_iterator{stage_.home.path("tmp")}) left += " " + entry.path().string();
    return left;
}

// Not strictly: a keeper that was killed with SIGKILL leaves what the next session on that host clears away.
void Round::look_at_host(bool strictly) {
    if (!strictly) return;
    std::string left;
    const auto clean = [&] {
        tick();
        left = left_on_host();
        if (left.empty()) return true;
        usleep(50'000);
        return false;
    };
    if (!test::eventually(clean, within(host_limit))) leak("on the host:" + left);
}

// It works as ever, and clears away what killed keepers have left: also directories that have no record of their
// keeper, once those are older than a minute, so they are made to be.
void Round::last_session() {
    for (const auto& entry : fs::directory_iterator{"/tmp"}) {
        if (entry.path().filename().string().starts_with("eph-"))
            fs::last_write_time(entry.path(), fs::file_time_type::clock::now() - 2min);
    }
    const auto done = stage_.eph({"exec", "clast", "--", "true"});
    const bool ended = test::eventually([&] { return stage_.supervise(), !done->running(); }, 60s);
    if (!ended || done->wait().status != 0) leak("afterwards a session does not work: " + done->err());
}

void Round::end() {
    if (const std::string wrong = stage_.end_ephd(); !wrong.empty()) leak(wrong);
    for (const std::string& file : Stage::files(stage_.home.path("run"))) {
        if (!fs::is_directory(file)) leak("in the runtime directory: " + file);
    }
}

void Round::look_for_secrets() {
    std::set<std::string> secrets{"sk-own-key-of-"};
    const Json state = stage_.sim.state();
    for (const Json& account : state.at("accounts")) {
        for (const Json& key : account.at("keys")) secrets.insert(key.at("value").get<std::string>());
    }
    const auto look = [&](const std::string& where, const std::string& text, bool may_have_admin_key) {
        for (const std::string& secret : secrets) {
            if (text.find(secret) != text.npos) leak("a key of the provider's in " + where);
        }
        if (has_token(text)) leak("a token in " + where);
        if (!may_have_admin_key && text.find(test::admin_key) != text.npos) leak("the admin key in " + where);
    };
    for (const char* place : {"/tmp", "/dev/shm"}) {
        for (const auto& entry : fs::directory_iterator{place}) {
            if (is_way_to_programs(entry.path())) continue;
            std::set<std::string> files = Stage::files(entry.path());
            files.insert(entry.path());
            for (const std::string& file : files) {
                if (fs::is_regular_file(file)) look(file, read_file(file), file == stage_.home.config());
            }
        }
    }
    look("what ephd said", stage_.ephd_said(), false);
    look("sshd's log", stage_.host.log(), false);
    for (const Session& each : sessions_) {
        const bool says_it =
            each.plan().mode == Mode::key || each.plan().mode == Mode::serving;  // it is what they are for
        if (!says_it) look("what was said by " + each.command(), each.said(), false);
    }
}

void Round::keep(const fs::path& directory) {
    fs::create_directories(directory);
    test::write_file(directory / "plan.json", to_json(plan_).dump(1));
    test::write_file(directory / "ephd.log", stage_.ephd_said());
    test::write_file(directory / "sshd.log", stage_.host.log());
    test::write_file(directory / "provider.json", stage_.sim.state().dump(1));
    std::string calls;
    for (const Json& call : stage_.sim.requests()) {
        for (const char* part : {"arrived_ms", "method", "path", "query", "status", "fault"})
            calls += call.at(part).dump() + " ";
        calls += "\n";
    }
    test::write_file(directory / "calls", calls);
    test::write_file(directory / "ledger.json", stage_.get("/v1/keys?all=1").value_or(rows_).dump(1));
    for (const Session& each : sessions_)
        test::write_file(directory / each.host(),
                         each.command() + "\nover " + std::to_string(each.over()) + "\n" + each.said());
    for (std::size_t i = 0; i < errands_.size(); ++i)
        test::write_file(directory / ("errand" + std::to_string(i)), errands_[i]->out() + errands_[i]->err());
    fs::copy(stage_.home.path("state"), directory / "state",
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
}

}  // namespace eph::chaos
