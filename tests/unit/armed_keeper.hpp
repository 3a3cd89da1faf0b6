// A keeper that has its session's secret, and what has to be true at its end.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/shell_host.hpp"

namespace eph::test {

inline constexpr const char* secret = "sk-svcacct-'\"$x`y\\n %s*";

// The keeper up to `ready`, with the agent found; then it has the secret.
inline std::unique_ptr<Process> armed(const ShellHost& host, const ScriptRequest& request) {
    auto keeper = host.keeper(request);
    const KeeperLine line = next(*keeper, request);
    INFO(line.detail);
    REQUIRE(line.state == KeeperLine::State::ready);
    keeper->write(std::string(secret) + '\n');
    REQUIRE(next(*keeper, request).state == KeeperLine::State::armed);
    return keeper;
}

inline void check_gone(Process& keeper, const ScriptRequest& request) {
    CHECK(keeper.wait() == 0);
    CHECK(keeper.errors() == "");
    CHECK_FALSE(std::filesystem::exists(request.place.directory()));
}

inline pid_t read_pid(const std::string& path) {
    const pid_t pid = written_pid(path);
    REQUIRE(pid > 0);
    return pid;
}

}  // namespace eph::test
