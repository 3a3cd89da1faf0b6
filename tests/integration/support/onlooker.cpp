// Looked at as_user().
#include "tests/integration/support/onlooker.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sstream>

#include "tests/integration/support/aftermath.hpp"
#include "tests/integration/support/http.hpp"
#include "tests/integration/support/memory.hpp"
#include "tests/integration/support/other_user.hpp"

namespace eph::test {
namespace fs = std::filesystem;
namespace {

bool is_file(const fs::path& path) {
    struct stat info {};
    return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

// All that can be read; what cannot is nothing.
std::string content_of(const std::vector<fs::path>& directories) {
    std::string all;
    for (const fs::path& directory : directories) {
        std::error_code closed;
        auto entry = fs::recursive_directory_iterator{directory, fs::directory_options::skip_permission_denied, closed};
        for (; !closed && entry != fs::recursive_directory_iterator{}; entry.increment(closed)) {
            if (is_file(entry->path())) all += read_file(entry->path()) + '\n';
        }
    }
    return all;
}

std::string open_files_of(const std::string& process) {
    std::string all;
    std::error_code closed;
    for (const auto& entry : fs::directory_iterator{process + "fd", closed}) {
        if (is_file(entry.path())) all += read_file(entry.path()) + '\n';
    }
    return all;
}

bool memory_has(pid_t process, const std::string& text) {
    const int memory = open(("/proc/" + std::to_string(process) + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
    if (memory < 0) return false;
    close(memory);
    return !sightings(process, text).empty();
}

void look(const Scene& scene, const std::map<std::string, std::string>& texts, std::ostream& out) {
    std::map<std::string, std::string> places{{"files", content_of(scene.directories)}};
    for (const pid_t pid : scene.processes) {
        const std::string process = "/proc/" + std::to_string(pid) + "/";
        places["command lines"] += read_file(process + "cmdline") + '\n';
        places["environments"] += read_file(process + "environ") + '\n';
        places["open files"] += open_files_of(process);
    }
    for (const auto& [name, text] : texts) {
        for (const auto& [place, content] : places) {
            if (content.find(text) != content.npos) out << name << " in " << place << "\n";
        }
        const bool in_memory = std::any_of(scene.processes.begin(), scene.processes.end(),
                                           [&, &wanted = text](pid_t pid) { return memory_has(pid, wanted); });
        if (in_memory) out << name << " in memory\n";
    }
}

}  // namespace

namespace {

std::set<std::string> lines_of(const std::string& text) {
    std::istringstream lines{text};
    std::set<std::string> all;
    for (std::string line; std::getline(lines, line);) all.insert(line);
    return all;
}

}  // namespace

std::set<std::string> seen_by(uid_t user, const Scene& scene, const std::map<std::string, std::string>& texts) {
    return lines_of(as_user(user, [&](std::ostream& out) { look(scene, texts, out); }));
}

std::set<std::string> names_in(uid_t user, const fs::path& directory) {
    return lines_of(as_user(user, [&](std::ostream& out) {
        std::error_code closed;
        for (const auto& entry : fs::directory_iterator{directory, closed})
            out << entry.path().filename().string() << "\n";
    }));
}

int status_for(uid_t user, int port, const std::string& target) {
    return std::stoi(as_user(user, [&](std::ostream& out) {
        try {
            HttpConnection connection{port};
            connection.request("POST", target, "{}");
            out << connection.reply().status;
        } catch (const std::runtime_error&) {
            out << 0;
        }
    }));
}

std::set<pid_t> descendants(pid_t ancestor) {
    std::set<pid_t> all;
    for (const pid_t child : children_of(ancestor)) {
        all.insert(child);
        all.merge(descendants(child));
    }
    return all;
}

}  // namespace eph::test
