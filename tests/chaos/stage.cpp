// Setting up, and ephd's life.
#include "tests/chaos/stage.hpp"

#include <sys/mount.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "tests/chaos/processes.hpp"
#include "tests/support/catch.hpp"

namespace eph::chaos {

using test::read_file;
using test::write_file;
using namespace std::chrono_literals;

namespace {

constexpr const char* faketime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
constexpr const char* full = "filler";

}  // namespace

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

Stage::Stage(const Plan& plan)
    : sim(plan.sim_options), host(home), to_provider(sim.port()), to_host(host.port()), plan_(plan) {
    if (plan.small_disk) mount_state();
    configure_ssh();
    place_account();
    sim.seed("production");
    sim.seed(kept_key);
    sim.seed(stale_key);
    if (plan.foreign > 0) sim.seed("team-{n}", plan.foreign);
    of_host = files(host.host_home());
    if (plan.account == AccountFrom::ephd) start_ephd();
}

// A disk that is easily full. The mount is this round's alone and goes with it.
void Stage::mount_state() const {
    const fs::path state = home.path("state");
    if (mount("none", state.c_str(), "tmpfs", 0, "size=2m,mode=0700") != 0)
        FAIL("cannot mount a small disk: " << std::strerror(errno));
}

// A name a session: the label of its key tells whose it was.
void Stage::configure_ssh() {
    const fs::path directory = home.path("sshd");
    const std::string key = read_file(directory / "host_key.pub");
    write_file(directory / "known_chaos", "chaos " + key);
    const std::string known = read_file(directory / "client_config");
    write_file(directory / "client_config",
               "Host c*\n  HostName 127.0.0.1\n  Port " + std::to_string(to_host.port()) +
                   "\n  HostKeyAlias chaos\n  UserKnownHostsFile " + (directory / "known_chaos").string() +
                   "\n  IdentityFile " + (directory / "client_key").string() +
                   "\n  IdentitiesOnly yes\n  StrictHostKeyChecking yes\n  BatchMode yes\n" + known);
}

void Stage::place_account() {
    const std::string base_url = "http://127.0.0.1:" + std::to_string(to_provider.port()) + "/v1";
    const test::Variables account{
        {"OPENAI_ADMIN_KEY", test::admin_key}, {"OPENAI_PROJECT_ID", test::project}, {"EPH_OPENAI_BASE_URL", base_url}};
    person_ = home.variables;
    ephds_ = home.variables;
    switch (plan_.account) {
        case AccountFrom::ephd:
            ephds_.insert(account.begin(), account.end());
            break;
        case AccountFrom::client:
            person_.erase("EPH_NO_AUTOSTART");
            person_.insert(account.begin(), account.end());
            break;
        case AccountFrom::configuration:
            person_.erase("EPH_NO_AUTOSTART");
            const Json openai = {{"adminKey", test::admin_key}, {"projectId", test::project}, {"baseUrl", base_url}};
            write_file(home.config(), Json{{"openai", openai}}.dump());
            break;
    }
    if (!plan_.fake_clock) return;
    set_clock(0);
    ephds_["LD_PRELOAD"] = faketime;
    ephds_["FAKETIME_TIMESTAMP_FILE"] = home.path("clock");
    ephds_["FAKETIME_NO_CACHE"] = "1";
    ephds_["DONT_FAKE_MONOTONIC"] = "1";
}

std::unique_ptr<test::Program> Stage::eph(std::vector<std::string> words) const {
    words.insert(words.begin(), EPH);
    return std::make_unique<test::Program>(std::move(words), person_);
}

void Stage::start_ephd() {
    ephd_ = std::make_unique<test::Program>(std::vector<std::string>{EPHD}, ephds_);
    gone_since_ = 0;
}

void Stage::supervise() {
    if (plan_.account != AccountFrom::ephd || !ephd_ || ephd_->running()) return;
    if (gone_since_ == 0) {
        gone_since_ = now_ms();
        said_ += ephd_->err();
    }
    if (now_ms() >= gone_since_ + plan_.restart_after) start_ephd();
}

bool Stage::has_ephd() const { return !candidates(Victim::ephd, 0).empty(); }

// As a person who comes back would: the command that needs an ephd starts one.
void Stage::bring_ephd() {
    const bool there = test::eventually(
        [&] {
            supervise();
            if (get("/v1/status")) return true;
            if (plan_.account != AccountFrom::ephd) (void)eph({"daemon", "start"})->wait(25s);
            return false;
        },
        30s);
    if (!there) FAIL("no ephd answers: " << ephd_said());
}

std::string Stage::end_ephd() {
    for (const pid_t pid : candidates(Victim::ephd, 0)) kill(pid, SIGTERM);
    if (!test::eventually([&] { return (ephd_ && ephd_->running(), !has_ephd()); }, 90s))
        return "ephd does not end within 90 s of SIGTERM";
    if (ephd_ && ephd_->wait().status != 0) return "ephd ended with a status that is not 0: " + ephd_->err();
    return "";
}

void Stage::set_clock(int seconds) const {
    write_file(home.path("clock.new"), (seconds < 0 ? "" : "+") + std::to_string(seconds) + "\n");
    fs::rename(home.path("clock.new"), home.path("clock"));
}

void Stage::fill_disk() const {
    std::FILE* file = std::fopen((home.path("state") / full).c_str(), "a");
    if (file == nullptr) return;
    const std::string page(4096, 'x');
    while (std::fwrite(page.data(), 1, page.size(), file) == page.size() && std::fflush(file) == 0) {
    }
    std::fclose(file);
}

void Stage::free_disk() const { fs::remove(home.path("state") / full); }

std::optional<Json> Stage::get(const std::string& target) const {
    try {
        test::HttpConnection connection{home.socket()};
        connection.request("GET", target);
        const test::Reply reply = connection.reply();
        if (reply.status == 200) return reply.json();
    } catch (const std::runtime_error&) {  // nobody listens
    }
    return std::nullopt;
}

std::string Stage::ephd_said() const {
    return said_ + (ephd_ ? ephd_->err() : "") + read_file(home.path("state/eph/ephd.log"));
}

std::set<std::string> Stage::files(const fs::path& below) {
    std::set<std::string> found;
    std::error_code ignored;
    for (auto at = fs::recursive_directory_iterator{below, ignored}; at != fs::recursive_directory_iterator{};
         at.increment(ignored))
        found.insert(at->path());
    return found;
}

}  // namespace eph::chaos
