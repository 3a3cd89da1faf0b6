// Paths from the environment, and directories that are ours alone.
#include "common/paths.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "common/error.hpp"

namespace eph {
namespace fs = std::filesystem;
namespace {

// The XDG specification says that a relative path in these variables is to be ignored.
fs::path xdg(const char* variable, const fs::path& fallback) {
    const fs::path value = environment(variable);
    return value.is_absolute() ? value : fallback;
}

}  // namespace

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string{value};
}

fs::path home_directory() {
    if (const fs::path home = environment("HOME"); home.is_absolute()) return home;
    if (const passwd* user = getpwuid(getuid()); user != nullptr && user->pw_dir != nullptr) return user->pw_dir;
    throw Error{Code::storage, "cannot tell your home directory"}.hint("Set HOME.");
}

fs::path runtime_directory() {
    const fs::path fallback = fmt::format("/tmp/eph-{}", getuid());
    const fs::path base = environment("XDG_RUNTIME_DIR");
    return base.is_absolute() ? base / "eph" : fallback;
}

fs::path socket_path() {
    if (const fs::path given = environment("EPH_SOCKET"); !given.empty()) return fs::absolute(given);
#if defined(__APPLE__)
    return state_directory() / "ephd.sock";  // launchd makes it, and after a boot there is no directory of ours in /tmp
#else
    return runtime_directory() / "ephd.sock";
#endif
}

#if defined(__APPLE__)
fs::path state_directory() { return xdg("XDG_STATE_HOME", home_directory() / "Library/Application Support") / "eph"; }
#else
fs::path state_directory() { return xdg("XDG_STATE_HOME", home_directory() / ".local/state") / "eph"; }
#endif

fs::path ledger_path() { return state_directory() / "ledger.db"; }
fs::path config_path() { return xdg("XDG_CONFIG_HOME", home_directory() / ".config") / "eph/config.json"; }

void make_private_directory(const fs::path& directory) {
    if (directory.empty()) return;  // a file beside us
    std::error_code ignored;
    if (!fs::exists(directory.parent_path(), ignored)) make_private_directory(directory.parent_path());
    if (mkdir(directory.c_str(), 0700) == 0) return;
    if (errno != EEXIST)
        throw Error{Code::storage, "cannot make the directory {}: {}", directory.string(), std::strerror(errno)};
    // It may be anybody's, /tmp say, or a link: neither it nor what it points to may be in the hands of another user.
    struct stat info {};
    for (const auto look : {lstat, stat}) {
        if (look(directory.c_str(), &info) != 0) {
            throw Error{Code::storage, "cannot read the directory {}: {}", directory.string(), std::strerror(errno)};
        }
        if (info.st_uid != getuid() && info.st_uid != 0) {
            throw Error{Code::storage, "the directory {} belongs to another user", directory.string()}.hint(
                "Remove it, or set XDG_RUNTIME_DIR to a directory of your own.");
        }
    }
    if (!S_ISDIR(info.st_mode)) throw Error{Code::storage, "{} is not a directory", directory.string()};
    if ((info.st_mode & 0022) != 0 && (info.st_mode & S_ISVTX) == 0) {
        throw Error{Code::storage, "others can write to the directory {}", directory.string()}.hint("Run: chmod go-w " +
                                                                                                    directory.string());
    }
}

}  // namespace eph
