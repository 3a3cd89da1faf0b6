// Directories and variables of a test's person.
#include "tests/integration/support/home.hpp"

#include "tests/support/catch.hpp"

namespace eph::test {

TempHome::TempHome() {
    std::filesystem::permissions(directory_.path(), std::filesystem::perms::owner_all);
    for (const char* name : {"run", "state", "config", "tmp"}) std::filesystem::create_directory(path(name));
    variables = {{"HOME", directory_.path()},
                 {"XDG_RUNTIME_DIR", path("run")},
                 {"XDG_STATE_HOME", path("state")},
                 {"XDG_CONFIG_HOME", path("config")},
                 {"TMPDIR", path("tmp")},
                 {"PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"},
                 {"LANG", "C.UTF-8"},
                 {"EPH_NO_AUTOSTART", "1"}};
}

bool available(const std::string& program) {
    for (const char* directory : {"/usr/local/bin/", "/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/"}) {
        if (std::filesystem::exists(directory + program)) return true;
    }
    if (std::getenv("CI") != nullptr) FAIL(program << " is not installed, and CI must not skip its tests");
    WARN(program << " is not installed: a test is skipped");
    return false;
}

}  // namespace eph::test
