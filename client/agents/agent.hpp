// What an agent is to eph: a row that says where it is found, and a launch that says how it is run. Plain data.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/providers.hpp"

namespace eph {

// Stands in arguments, environment and files for the broker's port on the host, which nobody knows before the session
// is prepared there. Of sessions through the broker alone.
inline constexpr std::string_view port_placeholder = "@EPH_PORT@";

// Stands in files for the directory in which the agent starts.
inline constexpr std::string_view here_placeholder = "@EPH_HERE@";

inline constexpr const char* node_versions =
    ".nvm/versions/node";  // a bundle: programs that npm installs, beside nvm's Node

// One row an agent: its name and where it is found on a host.
struct AgentRow {
    std::string name;        // for people: "Pi"
    std::string executable;  // looked up on the PATH and in ~/.local/bin
    std::string bundle;      // below the home directory: <bundle>/<version>/bin has the agent and its own runtime
    std::vector<std::string> places = {};  // further directories below the home directory
    bool screen = false;  // in a terminal it draws a whole screen, whose remains may have to be cleared away
};

// A file of the session, its path relative to the session's directory.
struct RemoteFile {
    std::string path;
    std::string content;
    bool verbatim = false;  // the person's own: no placeholders in it
};

// How the agent gets its task; never in an argv, which every user of the host can read and which ends at 128 KiB.
enum class TaskBy {
    stream,  // its stdin is the task; the file is gone before it starts
    file,    // EPH_TASK_FILE names a file that the agent reads, and may delete; its stdin is the terminal
};

// One run of an agent. Everything but the credential, which goes its own way (script.hpp).
struct AgentLaunch {
    AgentRow agent;
    std::optional<std::string> path = {};  // named by the person: `~/` is the home there; without a slash: on the PATH
    std::string sought = {};               // for people: what is missing where it is not found
    std::string install_hint = {};         // and what to do then
    std::vector<std::string> arguments;
    std::vector<std::pair<std::string, std::string>> environment;
    std::string key_variable;                // the credential reaches the agent in this environment variable
    std::vector<std::string> withheld = {};  // variables that it does not get, whoever has set them
    bool through_broker = false;             // port_placeholder stands for a port, and no proxy for this machine
    std::vector<std::string> directories;    // made empty in the session's directory
    std::vector<RemoteFile> files;
    std::optional<std::string> task = {};
    TaskBy task_by = TaskBy::stream;
    bool shows_status = false;  // it reads the session's file `status`, and shows what that says
};

// Where and how any agent of a session runs.
struct LaunchPlace {
    std::string directory = {};                // the session's, on its host
    std::string host = {};                     // "" for this machine
    std::optional<std::string> base_url = {};  // of the provider, only where it is not the provider's own
    bool interactive = false;                  // it gets a terminal
    bool broker = false;            // base_url is the broker's, with port_placeholder, and the credential its token
    std::string key_variable = {};  // where agents look for the provider's key; "": as the table of providers has it
    ApiFamily family = ApiFamily::openai;  // of the provider's API
};

// Where the agent looks for the provider's key. Throws Error{usage} for a provider that nobody knows.
std::string variable_of(const std::string& provider, const LaunchPlace& place);

}  // namespace eph
