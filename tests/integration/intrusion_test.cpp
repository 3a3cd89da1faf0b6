// What another program of the same user can get out of ephd and eph while they run, and when they crash: nothing.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/integration/support/intruder.hpp"
#include "tests/integration/support/memory.hpp"
#include "tests/integration/support/world.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

namespace {

// Programs of user nobody, who has copies of eph and ephd: the build may be where only its owner goes.
struct Nobody {
    Nobody() {
        if (!there) return;
        std::filesystem::permissions(home.path(""), std::filesystem::perms::all);
        for (const char* name : {"own", "own/run", "own/cwd"}) {
            std::filesystem::create_directory(home.path(name));
            REQUIRE(chown(home.path(name).c_str(), nobody, nobody) == 0);
        }
        for (const char* program : {EPH, EPHD}) {
            const std::filesystem::path from{program};
            std::filesystem::copy_file(from, home.path("own") / from.filename());
        }
        variables["OPENAI_ADMIN_KEY"] = admin_key;
        variables["OPENAI_PROJECT_ID"] = project;
        variables["EPH_OPENAI_BASE_URL"] = sim.base_url();
        variables["HOME"] = home.path("own");
        for (const char* name : {"XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME"})
            variables[name] = home.path("own/run");
    }

    std::unique_ptr<Program> start(std::vector<std::string> words) const {
        const std::string id = std::to_string(nobody);
        words.insert(words.begin(), {"setpriv", "--reuid=" + id, "--regid=" + id, "--clear-groups"});
        return std::make_unique<Program>(std::move(words), variables);
    }
    std::unique_ptr<Program> start_ephd() const {
        auto ephd = start({home.path("own/ephd")});
        REQUIRE(eventually([&] { return exists(home.path("own/run/eph/ephd.sock")) || !ephd->running(); }));
        INFO(ephd->err());
        REQUIRE(ephd->running());
        return ephd;
    }
    // A session on this machine whose agent stays.
    std::unique_ptr<Program> start_eph() const {
        write_file(home.path("own/pi"), "#!/bin/sh\necho ready\nexec sleep 1000\n", std::filesystem::perms::all);
        auto eph = start({home.path("own/eph"), "--local", "--remote-pi", home.path("own/pi"), "x"});
        eph->wait_for_out("ready");
        return eph;
    }

    bool there = memory_can_be_read() && available("setpriv");
    Sim sim;
    TempHome home;
    Variables variables = home.variables;
};

void check_closed(pid_t process) {
    const auto ways = intrude(process);
    CHECK(ways.size() == 17);
    for (const auto& [way, error] : ways) {
        INFO(way << ": " << (error.empty() ? "let in" : error));
        const bool refused = error == "Permission denied" || error == "Operation not permitted";
        CHECK(refused);
    }
}

// A process that crashes in a directory where its core file could be written, with as large a one allowed as may be.
int crash(const std::vector<std::string>& words, const Variables& variables, const std::filesystem::path& directory,
          int signal, const std::filesystem::path& ready) {
    const pid_t child = fork();
    if (child == 0) {
        const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
        setrlimit(RLIMIT_CORE, &unlimited);
        if (chdir(directory.c_str()) != 0) _exit(99);
        std::vector<std::string> settings;
        std::vector<char*> arguments, environment;
        for (const auto& [name, value] : variables) settings.push_back(name + "=" + value);
        for (const std::string& each : settings) environment.push_back(const_cast<char*>(each.c_str()));
        for (const std::string& each : words) arguments.push_back(const_cast<char*>(each.c_str()));
        environment.push_back(nullptr);
        arguments.push_back(nullptr);
        execvpe(arguments[0], arguments.data(), environment.data());
        _exit(99);
    }
    const bool came = eventually([&] { return exists(ready); });
    kill(child, came ? signal : SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    REQUIRE(came);
    REQUIRE(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == signal);
    return status;
}

bool is_empty_again(const std::filesystem::path& directory) {
    bool empty = true;
    for (const auto& entry : std::filesystem::directory_iterator{directory}) {
        empty = false;
        std::filesystem::remove(entry);
    }
    return empty;
}

}  // namespace

TEST_CASE_METHOD(Nobody, "another program of the same user cannot look into ephd or eph, by whatever way") {
    if (!there) return;
    const auto sleeper = start({"sleep", "1000"});
    REQUIRE(eventually([&] { return read_file("/proc/" + std::to_string(sleeper->pid()) + "/comm") == "sleep\n"; }));
    const bool yama = read_file("/proc/sys/kernel/yama/ptrace_scope").find_first_of("123") != std::string::npos;
    for (const auto& [way, error] : intrude(sleeper->pid())) {  // so it can be done
        INFO(way << ": " << error);
        const bool by_ptrace = way.starts_with("PTRACE") || way.starts_with("process_vm") || way == "pidfd_getfd" ||
                               way.starts_with("mem");
        if (!(yama && by_ptrace) && way != "map_files") CHECK(error.empty());
    }
    const auto ephd = start_ephd();
    check_closed(ephd->pid());
    const auto eph = start_eph();
    check_closed(eph->pid());
    check_closed(ephd->pid());
    eph->signal(SIGTERM);
    CHECK(eph->wait().status == 143);
    CHECK(sim.live_keys() == 0);
}

TEST_CASE_METHOD(Nobody, "ephd and eph leave no core file, whatever the limits allow") {
    if (!there) return;
    const std::filesystem::path directory = home.path("own/cwd");
    const std::filesystem::path ready = home.path("own/ready");
    const std::vector<std::string> plain{"sh", "-c", "touch " + ready.string() + "; while :; do :; done"};
    const bool cores = WCOREDUMP(crash(plain, variables, directory, SIGSEGV, ready));
    (void)is_empty_again(directory);
    if (!cores) WARN("this kernel writes no core files for anybody here, by /proc/sys/kernel/core_pattern");
    std::filesystem::remove(ready);

    for (const int signal : {SIGSEGV, SIGABRT, SIGQUIT, SIGBUS, SIGFPE, SIGILL, SIGSYS}) {
        INFO("signal " << signal);
        const std::filesystem::path socket = home.path("own/run/eph/ephd.sock");
        std::filesystem::remove(socket);
        CHECK_FALSE(WCOREDUMP(crash({home.path("own/ephd")}, variables, directory, signal, socket)));
        CHECK(is_empty_again(directory));
    }
    const Daemon ephd{home, sim};
    home.variables["PATH"] = "/usr/bin:/bin";
    write_file(home.path("pi"), "#!/bin/sh\ntouch " + ready.string() + "\nexec sleep 1000\n",
               std::filesystem::perms::all);
    for (const int signal : {SIGSEGV, SIGABRT}) {
        INFO("signal " << signal);
        std::filesystem::remove(ready);
        const std::vector<std::string> session{EPH, "--local", "--remote-pi", home.path("pi"), "x"};
        CHECK_FALSE(WCOREDUMP(crash(session, home.variables, directory, signal, ready)));
        CHECK(is_empty_again(directory));
    }
    CHECK(eventually([&] { return sim.live_keys() == 0; }));
}

TEST_CASE_METHOD(Nobody,
                 "even root's own core file of ephd has no key in it, unless root asks for what is kept out of it") {
    if (!there || !available("gdb")) return;
    Daemon ephd{home, sim};
    (void)ephd.create_key();
    const auto dumped = [&](const char* excluded) {
        const std::string file = home.path(std::string{"core-"} + excluded);
        const Finished end = Program{{"gdb", "-nx", "-batch", "-ex", "set use-coredump-filter off", "-ex",
                                      std::string{"set dump-excluded-mappings "} + excluded, "-ex",
                                      "generate-core-file " + file, "-p", std::to_string(ephd.pid())},
                                     home.variables}
                                 .wait();
        INFO(end.out << end.err);
        REQUIRE(std::filesystem::exists(file));
        return read_file(file).find(admin_key) != std::string::npos;
    };
    CHECK_FALSE(dumped("off"));
    CHECK(dumped("on"));
}
