// Where things stand, and directories that are ours alone.
#include "common/paths.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/environment.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/root.hpp"
#include "tests/support/temp_directory.hpp"

using namespace eph;
using namespace eph::test;
namespace fs = std::filesystem;

namespace {

mode_t mode_of(const fs::path& path) {
    struct stat info {};
    REQUIRE(lstat(path.c_str(), &info) == 0);
    return info.st_mode & 07777;
}

struct Umask {
    explicit Umask(mode_t mask) : before(umask(mask)) {}
    ~Umask() { umask(before); }
    mode_t before;
};

}  // namespace

#if !defined(__APPLE__)
TEST_CASE("paths follow the XDG variables") {
    const ScopedVariable a{"HOME", "/home/x"}, b{"XDG_RUNTIME_DIR", "/run/user/7"}, c{"XDG_STATE_HOME", "/s"},
        d{"XDG_CONFIG_HOME", "/c"}, e{"EPH_SOCKET", std::nullopt};
    CHECK(socket_path() == "/run/user/7/eph/ephd.sock");
    CHECK(ledger_path() == "/s/eph/ledger.db");
    CHECK(config_path() == "/c/eph/config.json");
}

TEST_CASE("without the XDG variables, or with relative ones, paths are the specification's") {
    for (const auto& value :
         {std::optional<std::string>{}, std::optional<std::string>{""}, std::optional<std::string>{"x/y"}}) {
        const ScopedVariable a{"HOME", "/home/x"}, b{"XDG_RUNTIME_DIR", value}, c{"XDG_STATE_HOME", value},
            d{"XDG_CONFIG_HOME", value}, e{"EPH_SOCKET", std::nullopt};
        CHECK(socket_path() == "/tmp/eph-" + std::to_string(getuid()) + "/ephd.sock");
        CHECK(ledger_path() == "/home/x/.local/state/eph/ledger.db");
        CHECK(config_path() == "/home/x/.config/eph/config.json");
    }
}
#endif

TEST_CASE("EPH_SOCKET names another socket") {
    const ScopedVariable absolute{"EPH_SOCKET", "/tmp/other.sock"};
    CHECK(socket_path() == "/tmp/other.sock");
    const ScopedVariable relative{"EPH_SOCKET", "other.sock"};
    CHECK(socket_path() == fs::current_path() / "other.sock");
}

TEST_CASE("without HOME the password file says where home is") {
    const ScopedVariable none{"HOME", std::nullopt};
    CHECK(home_directory() == getpwuid(getuid())->pw_dir);
}

TEST_CASE("a private directory is made with its parents, for nobody else") {
    const TempDirectory temp;
    const Umask open{0};
    make_private_directory(temp / "a/b/c");
    CHECK(mode_of(temp / "a/b/c") == 0700);
    CHECK((mode_of(temp / "a") & 0022) == 0);
    make_private_directory(temp / "a/b/c");  // and again
}

TEST_CASE("a directory that was there before keeps its mode") {
    const TempDirectory temp;
    fs::create_directory(temp / "shared");
    REQUIRE(chmod((temp / "shared").c_str(), 0755) == 0);
    make_private_directory(temp / "shared");
    CHECK(mode_of(temp / "shared") == 0755);
    REQUIRE(chmod((temp / "shared").c_str(), 01777) == 0);  // as /tmp is: the sticky bit keeps others' hands off
    make_private_directory(temp / "shared");
    CHECK(mode_of(temp / "shared") == 01777);
}

TEST_CASE("a directory that others can write to is refused") {
    const TempDirectory temp;
    fs::create_directory(temp / "open");
    REQUIRE(chmod((temp / "open").c_str(), 0777) == 0);
    const std::string name = temp / "open";
    const Error error = error_of([&] { make_private_directory(name); });
    CHECK(error.code() == Code::storage);
    CHECK(error.message() == "others can write to the directory " + name);
    CHECK(error.hint() == "Run: chmod go-w " + name);
}

TEST_CASE("a file in a directory's place is named") {
    const TempDirectory temp;
    write_file(temp / "file", "");
    const std::string name = temp / "file";
    CHECK(error_of([&] { make_private_directory(name); }).message() == name + " is not a directory");
    CHECK(error_of([&] { make_private_directory(name + "/below"); })
              .message()
              .starts_with("cannot make the directory " + name + "/below: "));
}

TEST_CASE("a directory of ours may be a link, as dot file managers make them") {
    const TempDirectory temp;
    fs::create_directory(temp / "real");
    fs::create_directory_symlink(temp / "real", temp / "link");
    make_private_directory(temp / "link");
    fs::create_directory_symlink(temp / "gone", temp / "dangling");
    CHECK_THROWS_AS(make_private_directory(temp / "dangling"), Error);
}

TEST_CASE("another user's directory is refused") {
    if (!is_root("can give a directory away")) return;
    const TempDirectory temp;
    fs::create_directory(temp / "theirs");
    REQUIRE(chown((temp / "theirs").c_str(), 65534, 65534) == 0);
    const std::string name = temp / "theirs";
    const Error error = error_of([&] { make_private_directory(name); });
    CHECK(error.message() == "the directory " + name + " belongs to another user");
    REQUIRE(lchown((temp / "theirs").c_str(), 0, 0) == 0);
    fs::create_directory_symlink(temp / "theirs", temp / "link");
    REQUIRE(lchown((temp / "link").c_str(), 65534, 65534) == 0);
    CHECK(error_of([&] { make_private_directory(temp / "link"); }).message() ==
          "the directory " + (temp / "link").string() + " belongs to another user");
}
