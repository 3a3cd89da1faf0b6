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
    return runtime_directory() / "ephd.sock";
}

#if defined(__APPLE__)
fs::path state_directory() { return xdg("XDG_STATE_HOME", home_directory() / "Library/Application Support") / "eph"; }
#else
fs::path state_directory() { return xdg("XDG_STATE_HOME", home_directory() / ".local/state") / "eph"; }
#endif

fs::path ledger_path() { return state_directory() / "ledger.db"; }
fs::path config_path() { return xdg("XDG_CONFIG_HOME", home_directory() / ".config") / "eph/config.json"; }

void make_private_directory(const fs::path& directory) {
    std::error_code ignored;
    if (directory.has_parent_path()) fs::create_directories(directory.parent_path(), ignored);
    if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
        throw Error{Code::storage, "cannot make the directory {}: {}", directory.string(), std::strerror(errno)};
    }
    struct stat info {};
    if (lstat(directory.c_str(), &info) != 0) {
        throw Error{Code::storage, "cannot read the directory {}: {}", directory.string(), std::strerror(errno)};
    }
    if (!S_ISDIR(info.st_mode)) throw Error{Code::storage, "{} is not a directory", directory.string()};
    if (info.st_uid != getuid()) {
        throw Error{Code::storage, "the directory {} belongs to another user", directory.string()}.hint(
            "Remove it, or set XDG_RUNTIME_DIR to a directory of your own.");
    }
    if ((info.st_mode & 0077) != 0 && chmod(directory.c_str(), 0700) != 0) {
        throw Error{Code::storage, "others can enter the directory {}", directory.string()}.hint("Run: chmod 700 " + directory.string());
    }
}

}  // namespace eph
