// A small reader of ssh_config(5): Host and Include, as ssh itself splits their lines.
#include "client/completion/ssh_hosts.hpp"

#include <glob.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "common/paths.hpp"
#include "common/text.hpp"

namespace eph {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t most_files = 1000;
constexpr std::size_t most_hosts = 5000;
// Patterns; and what a shell would take for its own when a completed line is run.
constexpr std::string_view not_for_a_shell = "*?!$`;&|<>(){}\\'\"";

// Words apart by blanks, "several words" in quotes; the keyword may be followed by one = sign. # begins a comment.
std::vector<std::string> split(std::string_view line) {
    std::vector<std::string> words;
    std::size_t at = 0;
    while (true) {
        at = line.find_first_not_of(" \t\r\f", at);
        if (at == line.npos || line[at] == '#') return words;
        if (words.size() == 1 && line[at] == '=') {
            ++at;
            continue;
        }
        std::string word;
        bool quoted = false;
        for (; at < line.size(); ++at) {
            const char letter = line[at];
            if (letter == '"') {
                quoted = !quoted;
            } else if (!quoted && (letter == ' ' || letter == '\t' || letter == '\r' || letter == '\f' ||
                                   (letter == '=' && words.empty()))) {
                break;
            } else {
                word += letter;
            }
        }
        words.push_back(std::move(word));
    }
}

std::vector<fs::path> files_of(const std::string& pattern, const fs::path& directory) {
    fs::path path = pattern;
    if (pattern.starts_with("~/")) {
        path = home_directory() / pattern.substr(2);
    } else if (path.is_relative()) {
        path = directory / path;
    }
    glob_t found{};
    std::vector<fs::path> files;
    if (glob(path.c_str(), 0, nullptr, &found) == 0) files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    globfree(&found);
    return files;
}

// Each file once: of files that include each other, ssh complains, and a Tab would not come back.
void read(const fs::path& file, const fs::path& directory, std::set<fs::path>& seen, std::vector<std::string>& hosts) {
    std::error_code missing;
    if (seen.size() == most_files || !fs::is_regular_file(file, missing) || !seen.insert(file).second) return;
    std::ifstream stream{file};
    for (std::string line; std::getline(stream, line) && hosts.size() < most_hosts;) {
        const std::vector<std::string> words = split(line);
        if (words.size() < 2) continue;
        const std::string keyword = lower(words[0]);
        for (std::size_t i = 1; i < words.size(); ++i) {
            if (keyword == "include") {
                for (const fs::path& each : files_of(words[i], directory)) read(each, directory, seen, hosts);
            } else if (keyword == "host" && words[i].find_first_of(not_for_a_shell) == std::string::npos &&
                       fault_of_host(words[i]).empty()) {
                if (std::find(hosts.begin(), hosts.end(), words[i]) == hosts.end()) hosts.push_back(words[i]);
            }
        }
    }
}

}  // namespace

std::vector<std::string> ssh_hosts(const fs::path& ssh_directory) {
    std::vector<std::string> hosts;
    std::set<fs::path> seen;
    read(ssh_directory / "config", ssh_directory, seen, hosts);
    return hosts;
}

}  // namespace eph
