// Installing, and looking.
#include "tests/integration/support/agents.hpp"

#include <unistd.h>

#include "tests/support/catch.hpp"

namespace eph::test {
namespace {

namespace fs = std::filesystem;

// "" when it is not there, said: where agents are installed, by the variable that scripts/test sets.
fs::path program(const char* variable, const std::string& name) {
    const char* directory = std::getenv(variable);
    const fs::path found = directory == nullptr ? fs::path{} : fs::path{directory} / "bin" / name;
    if (directory != nullptr && fs::exists(found)) return found;
    if (std::getenv("CI") != nullptr) FAIL("there is no " << name << " in " << variable << ", and CI must not skip it");
    WARN("there is no " << name << " in " << variable << ": a test with the real one is skipped");
    return {};
}

void link(const fs::path& from, const fs::path& to) {
    fs::create_directories(to.parent_path());
    fs::remove(to);
    fs::create_symlink(from, to);
}

// sshd starts a login in the directory that the system's list of users has, whatever HOME says.
const std::string at_home = "ForceCommand cd \"$HOME\" && eval \"$SSH_ORIGINAL_COMMAND\"\n";

// What a person who uses these agents on the host themself may have there: other addresses, other credentials.
const std::vector<std::pair<std::string, std::string>> settings_of_namesakes{
    {".claude/settings.json",
     R"({"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:9", "ANTHROPIC_AUTH_TOKEN": "theirs"}})"},
    {".codex/config.toml",
     "model_provider = \"theirs\"\nsandbox_mode = \"danger-full-access\"\n[model_providers.theirs]\n"
     "name = \"theirs\"\nbase_url = \"http://127.0.0.1:9/v1\"\n"},
    {".gemini/settings.json", R"({"security": {"auth": {"selectedType": "oauth-personal"}}})"},
    {"opencode.json",
     R"({"provider": {"openai": {"options": {"baseURL": "http://127.0.0.1:9/v1", "apiKey": "theirs"}}}})"},
    {".env", "GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:9\n"},
};

// What these programs put into /tmp where they are not told otherwise; others put things there at the same time.
bool of_an_agent(const std::string& name) {
    for (const char* part :
         {"claude", "codex", "opencode", "gemini", "node", "npm", "v8-", "jiti", "bun", ".so", "pi-"}) {
        if (name.find(part) != name.npos && !name.starts_with("eph-")) return true;
    }
    return false;
}

}  // namespace

AgentWorld::AgentWorld() : World({"--model-key", persons_key}, at_home) {
    for (const auto& [path, text] : settings_of_namesakes) {
        const fs::path file = host.host_home() / path;
        fs::create_directories(file.parent_path());
        write_file(file, text);
    }
    const std::string at = "http://127.0.0.1:" + std::to_string(sim.port());
    const Json accounts = {{"anthropic", {{"api_key", persons_key}, {"base_url", at}}},
                           {"google", {{"api_key", persons_key}, {"base_url", at}}}};
    write_file(home.config(), accounts.dump(), fs::perms::owner_read | fs::perms::owner_write);
}

bool AgentWorld::install(const RealAgent& agent) {
    fs::remove(host.host_home() / ".local/bin/pi");
    if (agent.name == "pi") {
        const fs::path pi = program("EPH_TEST_PI", "pi");
        if (!pi.empty()) link(pi.parent_path(), host.host_home() / ".local/share/pi-node/v1/bin");
        return !pi.empty();
    }
    const fs::path found = program("EPH_TEST_AGENTS", agent.name);
    if (found.empty()) return false;
    if (agent.name == "claude") {
        link(found, host.host_home() / ".local/bin/claude");
    } else if (agent.name == "opencode") {
        link(found, host.host_home() / ".opencode/bin/opencode");
    } else {  // npm's, beside a Node that is new enough
        const fs::path node = program("EPH_TEST_PI", "node");
        if (node.empty()) return false;
        link(found, host.host_home() / ".nvm/versions/node/v22.1.0/bin" / agent.name);
        link(node, host.host_home() / ".nvm/versions/node/v22.1.0/bin/node");
    }
    return true;
}

std::vector<std::string> AgentWorld::session(const RealAgent& agent, std::vector<std::string> words) const {
    std::vector<std::string> line{"testhost", "--agent", agent.name, "--via", "broker"};
    if (!agent.provider.empty()) line.insert(line.end(), {"--provider", agent.provider});
    line.insert(line.end(), words.begin(), words.end());
    return line;
}

std::set<std::string> AgentWorld::files() const {
    std::set<std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator{host.host_home()}) all.insert(entry.path());
    for (const auto& entry : fs::directory_iterator{"/tmp"}) {
        if (of_an_agent(entry.path().filename())) all.insert(entry.path());
    }
    return all;
}

void AgentWorld::look() { before_ = files(); }

std::string AgentWorld::left() {
    std::string more;
    const auto nothing = [&] {
        more = command_lines();
        for (const std::string& file : files()) {
            if (!before_.contains(file)) more += file + "\n";
        }
        return more.empty();
    };
    eventually(nothing, 5s);
    return more;
}

// All of them have the host's home in their environment, and nobody else has.
std::string AgentWorld::of_processes(const std::string& file) const {
    std::string text;
    const std::string home_there = "HOME=" + host.host_home().string();
    for (const auto& entry : fs::directory_iterator{"/proc"}) {
        const std::string environment = read_file(entry.path() / "environ");
        if (environment.find(home_there) == environment.npos) continue;
        std::string found = read_file(entry.path() / file);
        for (char& c : found) c = c == '\0' ? ' ' : c;
        text += found + "\n";
    }
    return text;
}

std::string AgentWorld::environments() const { return of_processes("environ"); }
std::string AgentWorld::command_lines() const { return of_processes("cmdline"); }

std::set<std::string> AgentWorld::real_keys() {
    std::set<std::string> keys{persons_key};
    const Json state = sim.state();
    for (const Json& account : state.at("accounts")) {
        for (const Json& key : account.at("keys")) keys.insert(key.at("value").get<std::string>());
    }
    return keys;
}

}  // namespace eph::test
