// Looking, again and again, until there is nothing to be seen.
#include "tests/integration/support/aftermath.hpp"

#include <unistd.h>

#include <sstream>

namespace eph::test {
namespace fs = std::filesystem;

std::string processes_with(const std::string& text) {
    std::string found;
    for (const auto& entry : fs::directory_iterator{"/proc"}) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != name.npos || name == std::to_string(getpid())) continue;
        const std::string all = read_file(entry.path() / "environ") + read_file(entry.path() / "cmdline");
        if (all.find(text) != all.npos) found += name + " " + read_file(entry.path() / "comm");
    }
    return found;
}

std::vector<pid_t> children_of(pid_t parent) {
    const std::string process = "/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent);
    std::istringstream pids{read_file(process + "/children")};
    std::vector<pid_t> all;
    for (pid_t each = 0; pids >> each;) all.push_back(each);
    return all;
}

bool lives(pid_t process) {
    const std::string stat = read_file("/proc/" + std::to_string(process) + "/stat");
    return !stat.empty() && stat.find(") Z ") == stat.npos;
}

std::string left_of(World& world, const std::string& said, Limit limit) {
    const fs::path directory = World::directory(said);
    const std::string mark = directory.filename().string().substr(4);
    std::string left;
    eventually(
        [&] {
            left = processes_with(mark);
            if (fs::exists(directory)) left += directory.string() + "\n";
            if (const int keys = world.sim.live_keys(); keys != 0) left += std::to_string(keys) + " live keys\n";
            const Json sessions = world.ephd.get("/v1/sessions?active=1").at("sessions");
            const Json keys = world.ephd.get("/v1/keys").at("keys");
            if (!sessions.empty()) left += sessions.dump() + "\n";
            if (!keys.empty()) left += keys.dump() + "\n";
            return left.empty();
        },
        limit);
    return left;
}

}  // namespace eph::test
