// What a user of a machine can see of a session there: its processes and its directories, looked at as that user.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace eph::test {

struct Scene {
    std::set<pid_t> processes;
    std::vector<std::filesystem::path> directories;
};

// "<name> in <place>" for each of the texts (by their names) that the user sees; places: command lines, environments,
// memory, files, open files.
std::set<std::string> seen_by(uid_t user, const Scene& scene, const std::map<std::string, std::string>& texts);

// What the user is told is in the directory; nothing where it is closed.
std::set<std::string> names_in(uid_t user, const std::filesystem::path& directory);

// The HTTP status with which a port of loopback answers the user's request without a token; 0: nobody answers.
int status_for(uid_t user, int port, const std::string& target);

std::set<pid_t> descendants(pid_t ancestor);

}  // namespace eph::test
