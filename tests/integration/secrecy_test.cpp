// Where a session through the broker has its secrets, by looking: into the memory, the environment and the command line
// of every process of the session on either side, and into every file.
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "tests/integration/support/broker_world.hpp"

using namespace eph::test;
namespace fs = std::filesystem;

namespace {

std::string all_of(const fs::path& file) {
    std::ifstream stream{file, std::ios::binary};
    std::ostringstream text;
    text << stream.rdbuf();
    return std::move(text).str();
}

std::string name_of(pid_t pid) { return all_of("/proc/" + std::to_string(pid) + "/comm"); }

// Every process that this one has started, and that those have.
std::set<pid_t> descendants() {
    std::multimap<pid_t, pid_t> children;
    for (const auto& entry : fs::directory_iterator{"/proc"}) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != name.npos) continue;
        const std::string stat = all_of(entry.path() / "stat");
        const std::size_t behind_name = stat.rfind(") ");
        if (behind_name == stat.npos) continue;  // it has ended
        children.emplace(std::stoi(stat.substr(behind_name + 4)), std::stoi(name));
    }
    std::set<pid_t> found;
    std::vector<pid_t> open{getpid()};
    while (!open.empty()) {
        const pid_t parent = open.back();
        open.pop_back();
        for (auto [each, end] = children.equal_range(parent); each != end; ++each) {
            if (found.insert(each->second).second) open.push_back(each->second);
        }
    }
    return found;
}

bool memory_has(pid_t pid, const std::string& secret) {
    const std::string process = "/proc/" + std::to_string(pid);
    std::ifstream memory{process + "/mem", std::ios::binary};
    std::istringstream maps{all_of(process + "/maps")};
    std::string content;
    for (std::string line; std::getline(maps, line);) {
        std::uint64_t from = 0, to = 0;
        char dash = 0;
        std::string rights;
        std::istringstream{line} >> std::hex >> from >> dash >> to >> rights;
        if (rights.empty() || rights[0] != 'r' || line.find("[v") != line.npos) continue;  // not the kernel's own
        content.resize(to - from);
        memory.clear();
        memory.seekg(static_cast<std::streamoff>(from));
        memory.read(content.data(), static_cast<std::streamsize>(content.size()));
        content.resize(static_cast<std::size_t>(memory.gcount()));
        if (content.find(secret) != content.npos) return true;
    }
    return false;
}

// The names of those that have it.
std::string who_has(const std::set<pid_t>& processes, const std::string& secret) {
    std::string names;
    for (const pid_t pid : processes) {
        const std::string process = "/proc/" + std::to_string(pid);
        const bool seen = all_of(process + "/environ").find(secret) != std::string::npos ||
                          all_of(process + "/cmdline").find(secret) != std::string::npos || memory_has(pid, secret);
        if (seen) names += name_of(pid);
    }
    return names;
}

std::string files_with(const fs::path& below, const std::string& secret) {
    std::string names;
    for (const auto& entry : fs::recursive_directory_iterator{below}) {
        if (entry.is_regular_file() && all_of(entry.path()).find(secret) != std::string::npos)
            names += entry.path().string() + '\n';
    }
    return names;
}

}  // namespace

TEST_CASE_METHOD(BrokerWorld, "the key is in ephd alone, and the token in nothing that is not the session's") {
    if (getuid() != 0) {
        WARN("skipped: only root may look into the memory of every process");
        CHECK(std::getenv("CI") == nullptr);
        return;
    }
    Program session = start(exec({"testhost", "--via", "broker"},
                                 says_where + ask_openai + "echo token=$OPENAI_API_KEY; echo ready; sleep 1000"));
    session.wait_for_out("ready");
    const std::string directory = "/tmp/eph-" + field(session.out(), "dir").substr(9, 20);
    const std::string token = field(session.out(), "token");
    const std::string key = sim.state().at("accounts").at(0).at("keys").at(0).at("value");

    std::set<pid_t> processes = descendants();
    std::erase_if(processes, [](pid_t pid) { return name_of(pid) == "eph-sim\n"; });  // the provider
    CHECK(processes.erase(both->pid()) == 1);
    std::set<std::string> names;
    for (const pid_t pid : processes) names.insert(name_of(pid));
    for (const char* expected : {"eph\n", "ssh\n", "sshd\n", "sh\n", "sleep\n"}) CHECK(names.contains(expected));

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
