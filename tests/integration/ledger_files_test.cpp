// What may lie where the ledger's files belong.
#include <sys/stat.h>
#if defined(__linux__)
#include <sys/sysmacros.h>
#endif

#include <filesystem>
#include <set>

#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/root.hpp"

using namespace eph::test;
namespace fs = std::filesystem;

namespace {

struct Fixture {
    TempHome home;

    Finished start(const Variables& extra = {}) {
        Variables variables = home.variables;
        for (const auto& [name, value] : extra) variables[name] = value;
        return Program{{EPHD}, variables}.wait(10s);
    }
    // Names in the ledger's directory, each with its kind.
    std::set<std::string> there() {
        std::set<std::string> names;
        for (const auto& each : fs::directory_iterator{home.ledger().parent_path()})
            names.insert(each.path().filename().string() + " " +
                         std::to_string(static_cast<int>(each.symlink_status().type())));
        return names;
    }
    // It refuses to start, and touches nothing.
    void refuses(const fs::path& path, const std::string& kind) {
        const std::set<std::string> before = there();
        const Finished end = start();
        CHECK(end.status == 125);
        CHECK(end.err == "ephd: " + path.string() + " is " + kind +
                             ", and ephd needs a file of its own there\n"
                             "Move it away, or name another ledger: ephd --ledger FILE\n");
        CHECK(there() == before);
        CHECK(fs::remove(path));
    }
};

void make_device(const fs::path& path) {
    REQUIRE(mknod(path.c_str(), S_IFCHR | 0600, makedev(1, 5)) == 0);  // as /dev/zero
}

}  // namespace

TEST_CASE_METHOD(Fixture, "what is no file in the place of one of the ledger's is named, and neither read nor moved") {
    const bool may_make_devices = is_root("may make devices");
    for (const bool new_one : {true, false}) {
        if (!new_one) CHECK(Daemon{home}.stop().status == 0);
        fs::create_directories(home.ledger().parent_path());
        for (const char* ending : {"-wal", "-shm", "-journal", ".lock", ".setting-aside"}) {
            const fs::path path = home.ledger().string() + ending;
            INFO(path.string());
            fs::remove(path);
            REQUIRE(mkfifo(path.c_str(), 0600) == 0);
            refuses(path, "a FIFO");
            fs::create_directory(path);
            refuses(path, "a directory");
            fs::create_symlink("/dev/zero", path);
            refuses(path, "a symbolic link");
            fs::create_symlink(home.path("nowhere"), path);
            refuses(path, "a symbolic link");
            CHECK_FALSE(fs::exists(home.path("nowhere")));
            if (!may_make_devices) continue;
            make_device(path);
            refuses(path, "a device");
        }
    }
    Daemon ephd{home};  // what is left of all that is its ledger as it was
    CHECK(ephd.get("/v1/status").at("notes").empty());
}

TEST_CASE_METHOD(Fixture, "a ledger that is no file is named, and neither read nor moved") {
    fs::create_directories(home.ledger().parent_path());
    REQUIRE(mkfifo(home.ledger().c_str(), 0600) == 0);
    refuses(home.ledger(), "a FIFO");
    fs::create_directory(home.ledger());
    refuses(home.ledger(), "a directory");
    fs::create_symlink("/dev/zero", home.ledger());
    CHECK(start().err.find("ephd: /dev/zero is a device, and ephd needs a file of its own there\n") == 0);
    fs::remove(home.ledger());
    fs::create_symlink(home.ledger(), home.ledger());
    refuses(home.ledger(), "a symbolic link");
}

TEST_CASE_METHOD(Fixture, "a ledger that is a link has its files where it leads to, and works") {
    Sim sim;
    fs::create_directory(home.path("other disk"));
    fs::create_directories(home.ledger().parent_path());
    const fs::path itself = home.path("other disk/keys.db");
    fs::create_symlink("../../other disk/keys.db", home.ledger());
    {
        Daemon ephd{home, sim};
        const std::string key = ephd.create_key().at("key").at("id");
        CHECK(ephd.call("DELETE", "/v1/keys/" + key).status == 200);
        CHECK(ephd.get("/v1/status").at("notes").empty());
        CHECK(fs::exists(itself.string() + ".lock"));
        ephd.kill9();
    }
    CHECK(there().size() == 1);
    fs::rename(itself.string() + "-wal", home.path("wal"));
    REQUIRE(mkfifo((itself.string() + "-wal").c_str(), 0600) == 0);
    CHECK(start().err.find("ephd: " + itself.string() + "-wal is a FIFO, ") != std::string::npos);
}
