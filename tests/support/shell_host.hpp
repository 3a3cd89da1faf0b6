// Stands in for a remote host in tests of the shell texts: a home directory, a /tmp and an sh of its own, no ssh.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/remote/script.hpp"
#include "tests/support/process.hpp"

namespace eph::test {

// Where a program is installed; a missing one is said, and is a failure where CI is set.
std::optional<std::string> installed(const std::string& program);

// Those of dash, bash, busybox and zsh that are installed.
std::vector<std::string> posix_shells();

class ShellHost {
public:
    explicit ShellHost(const std::string& shell);  // what `sh` is there
    ~ShellHost();
    ShellHost(const ShellHost&) = delete;
    ShellHost& operator=(const ShellHost&) = delete;

    // An executable /bin/sh script, its path relative to the home directory.
    std::string script(const std::string& path, const std::string& text);
    std::string file(const std::string& path, const std::string& text);

    // A session of the agent `pi` with this task, not yet started.
    ScriptRequest request(std::optional<std::string> task = {}) const;
    std::unique_ptr<Process> keeper(const ScriptRequest& request, const std::string& login_shell = "/bin/sh") const;
    std::unique_ptr<Process> runner(const ScriptRequest& request, const std::string& login_shell = "/bin/sh") const;
    std::unique_ptr<Process> sh(const std::string& command) const;

    std::string home() const { return root_ / "home"; }
    std::string tmp() const { return root_ / "tmp"; }

    Environment environment;

private:
    std::filesystem::path root_;
};

KeeperLine next(Process& keeper, const ScriptRequest& request);  // the keeper's next word, noise left out
bool eventually(const std::function<bool()>& condition);         // waits up to 20 s, as do the next ones
bool vanishes(const std::string& path);
bool appears(const std::string& path);
pid_t written_pid(const std::string& path);  // waits for the whole line: a file is there before its content is
bool dies(pid_t pid);
std::string contents(const std::string& path);

}  // namespace eph::test
