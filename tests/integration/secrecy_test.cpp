// Where a session through the broker has its secrets, by looking: into the memory, the environment and the command line
// of every process of the session on either side, and into every file.
#include <unistd.h>

#include <csignal>
#include <set>

#include "tests/integration/support/broker_world.hpp"
#include "tests/integration/support/memory.hpp"
#include "tests/integration/support/onlooker.hpp"

using namespace eph::test;
namespace fs = std::filesystem;

namespace {

std::string name_of(pid_t pid) { return read_file("/proc/" + std::to_string(pid) + "/comm"); }

// The names of those that have it.
std::string who_has(const std::set<pid_t>& processes, const std::string& secret) {
    std::string names;
    for (const pid_t pid : processes) {
        const std::string command_line = read_file("/proc/" + std::to_string(pid) + "/cmdline");
        if (command_line.find(secret) != std::string::npos || !sightings(pid, secret).empty()) names += name_of(pid);
    }
    return names;
}

std::string files_with(const fs::path& below, const std::string& secret) {
    std::string names;
    for (const auto& entry : fs::recursive_directory_iterator{below}) {
        if (entry.is_regular_file() && read_file(entry.path()).find(secret) != std::string::npos)
            names += entry.path().string() + '\n';
    }
    return names;
}

}  // namespace

TEST_CASE_METHOD(BrokerWorld, "the key is in ephd alone, and the token in nothing that is not the session's") {
    if (!memory_can_be_read()) return;
    Program session = start(exec({"testhost", "--via", "broker"},
                                 says_where + ask_openai + "echo token=$OPENAI_API_KEY; echo ready; sleep 1000"));
    session.wait_for_out("ready");
    const std::string directory = "/tmp/eph-" + field(session.out(), "dir").substr(9, 20);
    const std::string token = field(session.out(), "token");
    const std::string key = sim.state().at("accounts").at(0).at("keys").at(0).at("value");

    std::set<pid_t> processes;
    for (const char* expected :
         {"eph\n", "ssh\n", "sshd\n", "sh\n", "sleep\n"}) {  // each has to be there, and looked at
        INFO(expected);
        CHECK(eventually([&] {
            processes = descendants(getpid());
            return std::any_of(processes.begin(), processes.end(), [&](pid_t pid) { return name_of(pid) == expected; });
        }));
    }
    std::erase_if(processes, [](pid_t pid) { return name_of(pid) == "eph-sim\n"; });  // the provider
    CHECK(processes.erase(both->pid()) == 1);

    CHECK(who_has(processes, key) == "");
    CHECK(who_has({both->pid()}, key) != "");  // so looking does find it
    CHECK(who_has(processes, token) != "");
    CHECK(who_has({both->pid()}, token) == "");  // its hash is enough
    for (const fs::path& place : {home.path(""), host.host_home(), fs::path{directory}}) {
        CHECK(files_with(place, key) == "");
        CHECK(files_with(place, token) == "");
    }
    const int port = port_in(field(session.out(), "url"));
    session.signal(SIGINT);
    CHECK(session.wait().status == 130);
    CHECK(eventually([&] { return !listens(port); }));
    CHECK(sim.live_keys() == 0);
}
