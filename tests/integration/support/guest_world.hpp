// A host whose sessions are those of a user who is not root, though root alone can start sshd there.
#pragma once

#include <unistd.h>

#include <set>

#include "tests/integration/support/aftermath.hpp"
#include "tests/support/catch.hpp"

namespace eph::test {

namespace fs = std::filesystem;

inline constexpr uid_t guest = 64001;  // of whom no system knows, and who is a user only where sshd runs
inline constexpr const char* the_task = "a task of which nobody else is to know";
inline const std::string own_key = "sk-svcacct-of-the-person-themself-0123456789abcdef";

// sshd sees a list of users of its own, so that nobody has to be added to the system's.
struct UserList {
    UserList() {
        std::string users = read_file("/etc/passwd");
        users += "eph-guest:x:" + std::to_string(guest) + ":" + std::to_string(guest) + "::/:/bin/sh\n";
        write_file(directory / "passwd", users, fs::perms::all);
    }
    std::vector<std::string> around_sshd() const {
        return {"unshare",
                "--mount",
                "sh",
                "-c",
                "mount --bind " + (directory / "passwd").string() + " /etc/passwd && exec \"$@\"",
                "sh"};
    }
    TempDirectory directory;
};

struct GuestWorld : UserList, World {
    GuestWorld() : World({}, "", around_sshd()) {
        const fs::path config = home.path("sshd/client_config");
        write_file(config, "Host testhost\n  User eph-guest\n" + read_file(config));
        fs::permissions(home.path(""), fs::perms::owner_all | fs::perms::others_exec);
        host.agent("trap 'exit 0' HUP TERM\nsleep 1000 & echo started; wait\n");
        write_file(home.path("task"), the_task);
        write_file(home.path("own-key"), own_key + "\n");
        for (const auto& entry : fs::recursive_directory_iterator{host.host_home()}) {
            fs::permissions(entry.path(), fs::perms::all);
            REQUIRE(chown(entry.path().c_str(), guest, guest) == 0);
        }
        REQUIRE(chown(host.host_home().c_str(), guest, guest) == 0);
    }

    // What the session's agent has in its environment; only root may ask that of another user's process.
    static std::string variable(const std::set<pid_t>& processes, const std::string& name) {
        for (const pid_t each : processes) {
            const std::string all = '\0' + read_file("/proc/" + std::to_string(each) + "/environ");
            const std::size_t at = all.find('\0' + name + "=");
            if (at == all.npos || all.find(std::string{'\0'} + "EPH_SESSION=") == all.npos) continue;
            const std::size_t from = at + name.size() + 2;
            return all.substr(from, all.find('\0', from) - from);
        }
        return {};
    }
};

}  // namespace eph::test
