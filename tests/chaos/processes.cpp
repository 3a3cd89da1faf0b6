// Reading /proc, and telling keeper, runner and agent apart.
#include "tests/chaos/processes.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "tests/support/temp_directory.hpp"

namespace eph::chaos {
namespace {

namespace fs = std::filesystem;
using test::read_file;

bool descends(const std::map<pid_t, pid_t>& parents, pid_t pid, pid_t from) {
    for (auto at = parents.find(pid); at != parents.end(); at = parents.find(at->second)) {
        if (at->second == from) return true;
    }
    return false;
}

bool has_mark(pid_t pid) {
    return read_file("/proc/" + std::to_string(pid) + "/environ").find("EPH_SESSION=") != std::string::npos;
}

// What the keepers have written into their sessions' directories.
std::set<pid_t> keepers() {
    std::set<pid_t> found;
    for (const auto& entry : fs::directory_iterator{"/tmp"}) {
        const std::string record = read_file(entry.path() / "keeper");
        if (!record.empty()) found.insert(static_cast<pid_t>(std::atoi(record.c_str())));
    }
    return found;
}

Victim kind_of_shell(pid_t pid, const std::set<pid_t>& known_keepers) {
    if (known_keepers.contains(pid)) return Victim::keeper;
    return has_mark(pid) ? Victim::agent : Victim::runner;
}

}  // namespace

std::vector<Process> processes() {
    std::vector<Process> all;
    for (const auto& entry : fs::directory_iterator{"/proc"}) {
        const std::string number = entry.path().filename();
        if (number.find_first_not_of("0123456789") != number.npos) continue;
        const std::string stat = read_file(entry.path() / "stat");
        const std::size_t from = stat.find('('), to = stat.rfind(')');
        if (to == stat.npos || stat.size() < to + 5 || stat[to + 2] == 'Z' || stat[to + 2] == 'X') continue;
        Process process;
        process.pid = static_cast<pid_t>(std::stoi(number));
        process.parent = static_cast<pid_t>(std::atoi(stat.c_str() + to + 4));
        process.name = stat.substr(from + 1, to - from - 1);
        process.command_line = read_file(entry.path() / "cmdline");
        std::replace(process.command_line.begin(), process.command_line.end(), '\0', ' ');
        all.push_back(std::move(process));
    }
    return all;
}

std::vector<pid_t> candidates(Victim victim, pid_t sshd) {
    const std::vector<Process> all = processes();
    const std::set<pid_t> known_keepers = keepers();
    std::map<pid_t, pid_t> parents;
    std::set<pid_t> clients;
    for (const Process& each : all) {
        parents[each.pid] = each.parent;
        if (each.name == "eph") clients.insert(each.pid);
    }
    std::vector<pid_t> found;
    for (const Process& each : all) {
        const bool on_host = descends(parents, each.pid, sshd);
        const bool of_client = std::any_of(clients.begin(), clients.end(),
                                           [&](pid_t client) { return descends(parents, each.pid, client); });
        std::optional<Victim> is;
        if (each.name == "eph") is = Victim::eph;
        if (each.name == "ephd") is = Victim::ephd;
        if (each.name == "ssh")
            is = each.command_line.find("ControlMaster=yes") != std::string::npos ? Victim::ssh_master
                                                                                  : Victim::ssh_channel;
        if (each.name.starts_with("sshd") && on_host) is = Victim::sshd;
        if (!is && (on_host || of_client)) is = kind_of_shell(each.pid, known_keepers);
        if (is == victim) found.push_back(each.pid);
    }
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace eph::chaos
