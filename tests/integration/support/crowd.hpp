// Many clients at once, and what a process takes meanwhile.
#pragma once

#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <vector>

#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sanitized.hpp"

namespace eph::test {

using Crowd = std::vector<std::unique_ptr<HttpConnection>>;

// So that this program itself may have as many connections.
inline void allow_descriptors(std::size_t wanted) {
    rlimit limit{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_cur >= wanted) return;
    limit.rlim_cur = wanted;
    if (limit.rlim_max < wanted || setrlimit(RLIMIT_NOFILE, &limit) != 0)
        FAIL("this test needs " << wanted << " open files: raise the hard limit (ulimit -Hn)");
}

template <class Where>
Crowd crowd(const Where& where, int count, const std::string& says = "") {
    Crowd all;
    for (int i = 0; i < count; ++i) {
        all.push_back(std::make_unique<HttpConnection>(where));
        if (!says.empty()) all.back()->send(says);
    }
    return all;
}

// A line of /proc/<pid>/status, in kB: VmRSS, or VmHWM for the most that it ever was.
inline long memory_of(pid_t pid, const std::string& name = "VmRSS") {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/status"};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(name + ":")) return std::stol(line.substr(name.size() + 1));
    }
    FAIL("no " << name << " of process " << pid);
    return 0;
}

// Seconds on a processor so far.
inline double processor_time_of(pid_t pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::stringstream text;
    text << file.rdbuf();
    std::istringstream fields{text.str().substr(text.str().rfind(')') + 2)};
    std::string field;
    for (int i = 3; i < 14; ++i) fields >> field;
    double user = 0;
    double system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// None where this user may not look: an ephd cannot be traced by its own.
inline std::optional<std::size_t> descriptors_of(pid_t pid) {
    std::error_code failure;
    const std::filesystem::directory_iterator all{"/proc/" + std::to_string(pid) + "/fd", failure};
    if (failure) return std::nullopt;
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// A key whose time is over in a moment; true when eph-sim has it revoked no later than `late` after that.
class ShortKey {
public:
    ShortKey(Daemon& ephd, Sim& sim, std::chrono::seconds ttl)
        : ephd_(ephd), sim_(sim), over_(std::chrono::steady_clock::now() + ttl) {
        name_ = ephd.create_key({{"ttl_seconds", ttl.count()}}).at("key").at("name");
    }
    bool lives() { return sim_.has(name_); }
    bool revoked_in_time(Limit late = 3s) {
        const auto until = over_ + late - std::chrono::steady_clock::now();
        return eventually([&] { return !lives(); }, std::chrono::duration_cast<Limit>(until));
    }

private:
    Daemon& ephd_;
    Sim& sim_;
    std::chrono::steady_clock::time_point over_;
    std::string name_;
};

// ephd answers, and soon.
inline void check_answers(Daemon& ephd, Limit limit = 3s) {
    if (sanitized) limit *= 4;
    const auto began = std::chrono::steady_clock::now();
    CHECK(ephd.get("/v1/status").at("pid") == ephd.pid());
    CHECK(std::chrono::steady_clock::now() - began < limit);
}

}  // namespace eph::test
