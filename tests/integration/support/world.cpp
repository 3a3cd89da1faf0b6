// Putting a world together, and looking at what a session left.
#include "tests/integration/support/world.hpp"

#include "tests/support/catch.hpp"

namespace eph::test {

World::World(std::vector<std::string> sim_options, const std::string& sshd_lines, std::vector<std::string> around_sshd)
    : sim(std::move(sim_options)), host(home, sshd_lines, std::move(around_sshd)), ephd(home, sim) {
    host.agent(honest_agent);
}

std::vector<std::string> World::command(std::vector<std::string> words) const {
    words.insert(words.begin(), EPH);
    return words;
}

std::filesystem::path World::directory(const std::string& said) {
    const std::size_t at = said.find("dir=");
    if (at == said.npos) FAIL("the agent did not say where it is: " << said);
    return std::filesystem::path{said.substr(at + 4, said.find_first_of("\r\n", at) - at - 4)}.parent_path();
}

bool World::nothing_left(const std::filesystem::path& directory) {
    return eventually([&] { return !std::filesystem::exists(directory) && sim.live_keys() == 0; });
}

}  // namespace eph::test
