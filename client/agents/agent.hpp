// What an agent is to eph: a row that says where it is found, and a launch that says how it is run. Plain data.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eph {

// One row an agent: its name and where it is found on a host.
struct AgentRow {
    std::string_view name;        // for people: "Pi"
    std::string_view executable;  // looked up on the PATH and in ~/.local/bin
    std::string_view bundle;      // below the home directory: <bundle>/<version>/bin has the agent and its own runtime
    std::string_view install_hint;  // what to do where it is missing
};

// A file of the session, its path relative to the session's directory.
struct RemoteFile {
    std::string path;
    std::string content;
};

// How the agent gets its task; never in an argv, which every user of the host can read and which ends at 128 KiB.
enum class TaskBy {
    stream,  // its stdin is the task; the file is gone before it starts
    file,    // EPH_TASK_FILE names a file that the agent reads, and may delete; its stdin is the terminal
};

// One run of an agent. Everything but the credential, which goes its own way (script.hpp).
struct AgentLaunch {
    const AgentRow* agent = nullptr;
    std::vector<std::string> arguments;
    std::vector<std::pair<std::string, std::string>> environment;
    std::string key_variable;              // the credential reaches the agent in this environment variable
    std::vector<std::string> directories;  // made empty in the session's directory
    std::vector<RemoteFile> files;
    std::optional<std::string> task = {};
    TaskBy task_by = TaskBy::stream;
};

struct PiOptions {
    std::string directory = {};  // the session's, on the host
    std::string provider = "openai";
    std::optional<std::string> model = {};
    std::optional<std::string> thinking = {};
    std::optional<std::string> base_url = {};  // only where it is not the provider's own
    std::optional<std::string> task = {};      // none: with a terminal an empty screen, without one Pi reads its stdin
    bool interactive = false;                  // a terminal is there: Pi opens its screen and stays
};

extern const AgentRow pi_row;

// Throws Error{usage} for a provider that has no key variable here.
AgentLaunch pi_launch(const PiOptions& options);

}  // namespace eph
