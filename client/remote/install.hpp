// What eph install-pi sends to a host, and how it reads what comes back.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/remote/script.hpp"

namespace eph {

// A package of npm's with one version, whose tarball has this SHA-512, in hexadecimal.
struct PinnedPackage {
    std::string name;
    std::string version;
    std::string sha512;
};

// The Node that npm has for what `uname -sm` calls `machine`.
struct NodePackage {
    std::string machine;
    PinnedPackage package;
    std::string loader;  // the C library's, without which it does not run; "" for none to look for
};

struct InstallRequest {
    SessionPlace place;
    std::optional<std::string> version = {};  // of Pi; none: any that is there, else the newest
    bool dry_run = false;
    std::chrono::seconds login_limit{5};  // as in ScriptRequest
    std::vector<NodePackage> nodes = known_nodes();
    PinnedPackage npm = known_npm();

    static std::vector<NodePackage> known_nodes();
    static PinnedPackage known_npm();
};

// What the installation says of itself.
struct InstallLine {
    enum class State {
        found,   // what is there
        plan,    // what will be done
        step,    // what is being done
        result,  // how it ended, well; the last line
        note,    // what to know besides
        hint,    // what to do about the error that follows
        error,   // how it ended, badly; the last line
    };
    State state;
    std::string detail;
};

// Throws Error{usage} for what is no version of an npm package.
void check_version(const std::string& version);

// What goes to the stdin of bootstrap_command. The installation ends, and leaves nothing half done, when stdin does.
std::string install_input(const InstallRequest& request);

// Nothing for a line that is not the installation's.
std::optional<InstallLine> parse_install_line(std::string_view line, const SessionMark& mark);

}  // namespace eph
