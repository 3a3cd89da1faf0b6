// Running eph, and reading what it and its agent say.
#include "tests/integration/support/world.hpp"

#include <csignal>
#include <regex>

#include "tests/support/catch.hpp"

namespace eph::test {

std::unique_ptr<Program> World::start(std::vector<std::string> words, const std::string& input, const Variables& extra) {
    Variables variables = home.variables;
    for (const auto& [name, value] : extra) variables[name] = value;
    words.insert(words.begin(), EPH);
    return std::make_unique<Program>(std::move(words), variables, input);
}

Finished World::eph(std::vector<std::string> words, const std::string& input, const Variables& extra) {
    return start(std::move(words), input, extra)->wait(60s);
}

std::unique_ptr<Terminal> World::terminal(std::vector<std::string> words) {
    words.insert(words.begin(), EPH);
    return std::make_unique<Terminal>(std::move(words), home.variables);
}

void World::agent(const std::string& text) {
    sshd.script(".local/bin/pi", "echo \"started ${PI_CODING_AGENT_DIR%/config} $$\"\n" + text + "\n");
}

World::Agent World::agent_of(Program& eph) {
    eph.wait_for_out("started ");
    eph.wait_for_out("\n");
    std::istringstream words{eph.out()};
    std::string word;
    Agent agent;
    words >> word >> agent.directory >> agent.pid;
    CHECK(std::filesystem::is_directory(agent.directory));
    return agent;
}

bool World::Agent::gone() const {
    return eventually([&] { return kill(pid, 0) != 0 && !std::filesystem::exists(directory); });
}

bool World::all_revoked() {
    return eventually([&] { return sim.live_keys() == 0 && ephd.get("/v1/keys").at("keys").empty(); });
}

std::string normal(std::string text) {
    text = std::regex_replace(text, std::regex{"key [a-z0-9]{10}\\b"}, "key KEY");
    text = std::regex_replace(text, std::regex{"[0-9]{2}:[0-9]{2}:[0-9]{2}"}, "TIME");
    text = std::regex_replace(text, std::regex{"eph: [a-z]+: (key KEY made, connecting|connected, making a key)\n"}, "");
    return text;
}

}  // namespace eph::test
