// What can be seen of a session on its host, measured in each mode: by root, by the session's user, by another user.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

#include "tests/integration/support/aftermath.hpp"
#include "tests/integration/support/intruder.hpp"
#include "tests/integration/support/memory.hpp"
#include "tests/integration/support/onlooker.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
namespace fs = std::filesystem;

namespace {

constexpr uid_t guest = 64001;  // of whom no system knows, and who is a user only where sshd runs
constexpr const char* the_task = "a task of which nobody else is to know";
const std::string own_key = "sk-svcacct-of-the-person-themself-0123456789abcdef";

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

std::set<std::string> files_below(const fs::path& directory) {
    std::set<std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator{directory}) all.insert(entry.path());
    return all;
}

// By what can be seen: who sees it.
using Column = std::map<std::string, std::string>;

const std::vector<std::string> places{"command lines", "environments", "files", "open files", "memory"};

std::string who(bool root, bool user, bool other) {
    if (other) return "everyone";
    if (user) return root ? "root, the user" : "the user";
    return root ? "root" : "no one";
}

Column look(const Scene& scene, const std::map<std::string, std::string>& texts) {
    const auto root = seen_by(0, scene, texts);
    const auto user = seen_by(guest, scene, texts);
    const auto other = seen_by(nobody, scene, texts);
    Column column;
    for (const auto& [name, text] : texts) {
        for (const std::string& place : places) {
            const std::string what = name + " in " + place;
            column[what] = who(root.contains(what), user.contains(what), other.contains(what));
        }
    }
    return column;
}

// Behind all that was written to them since.
struct Records {
    static std::string all() {
        return read_file("/var/log/wtmp") + read_file("/var/log/lastlog") + read_file("/var/log/btmp") +
               read_file("/run/utmp") + read_file("/var/log/auth.log");
    }
};

// A session in a terminal, looked at while its agent and a child of it run.
Column column_of(GuestWorld& world, const std::vector<std::string>& options, const std::string& key) {
    std::vector<std::string> words{"testhost", "--task-file", world.home.path("task")};
    words.insert(words.end(), options.begin(), options.end());
    const std::set<std::string> before = files_below(world.host.host_home());
    Pty person(world.command(words), world.home.variables);
    person.wait_for("started");
    Scene scene{descendants(world.host.pid()), {}};
    const std::string mark = GuestWorld::variable(scene.processes, "EPH_SESSION");
    REQUIRE(mark.size() == 20);
    const fs::path directory = "/tmp/eph-" + mark;
    scene.directories = {directory, world.host.host_home(), "/dev/shm", "/var/tmp"};

    std::map<std::string, std::string> texts{{"the task", the_task}, {"the key", key}};
    const std::string in_environment = GuestWorld::variable(scene.processes, "OPENAI_API_KEY");
    const bool brokered = in_environment.starts_with("eph-");
    if (brokered) texts["the token"] = in_environment;
    if (key.empty()) texts["the key"] = world.sim.state().at("accounts").back().at("keys").at(0).at("value");
    Column column = look(scene, texts);
    if (!brokered) CHECK(in_environment == texts["the key"]);

    struct stat info {};
    REQUIRE(stat(directory.c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0700);
    CHECK(info.st_uid == guest);
    for (const std::string& file : files_below(directory)) {
        REQUIRE(lstat(file.c_str(), &info) == 0);
        INFO(file);
        CHECK((info.st_mode & 0077) == 0);
        CHECK_FALSE(S_ISFIFO(info.st_mode));  // the key has been read, and its place is gone
    }
    column["a port of loopback"] = "none";
    if (brokered) {
        const std::string url = GuestWorld::variable(scene.processes, "OPENAI_BASE_URL");
        const int port = std::stoi(url.substr(url.rfind(':') + 1));
        CHECK(status_for(nobody, port, "/openai/v1/responses") == 401);
        column["a port of loopback"] = "everyone, 401 without the token";
    }
    person.type("\x03");
    (void)person.wait();
    CHECK(eventually([&] { return !fs::exists(directory); }));
    CHECK(files_below(world.host.host_home()) == before);  // no history either
    for (const auto& [name, text] : texts) {
        INFO(name);
        CHECK(Records::all().find(text) == std::string::npos);
        CHECK(world.host.log().find(text) == std::string::npos);
        CHECK(person.screen().find(text) == std::string::npos);
    }
    return column;
}

// The person's own machine is the host; they are the guest here, too, and ephd is theirs.
Column local_column(GuestWorld& world) {
    const fs::path own = world.home.path("own");
    fs::create_directory(own);
    for (const char* program : {EPH, EPHD}) fs::copy_file(program, own / fs::path{program}.filename());
    fs::copy_file(world.host.host_home() / ".local/bin/pi", own / "pi");
    fs::copy_file(world.home.path("task"), own / "task");
    fs::permissions(own / "task", fs::perms::all);
    REQUIRE(chown(own.c_str(), guest, guest) == 0);
    Variables variables = world.home.variables;
    variables.merge(Daemon::account(world.sim));
    for (const char* name : {"HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME"}) variables[name] = own;
    const std::string id = std::to_string(guest);
    const std::vector<std::string> as_guest{"setpriv", "--reuid=" + id, "--regid=" + id, "--clear-groups"};
    const auto start = [&](std::vector<std::string> words) {
        words.insert(words.begin(), as_guest.begin(), as_guest.end());
        return std::make_unique<Program>(words, variables);
    };
    const auto ephd = start({own / "ephd"});
    REQUIRE(eventually([&] { return fs::exists(own / "eph/ephd.sock"); }));
    const auto eph = start({own / "eph", "--local", "--remote-pi", own / "pi", "--task-file", own / "task"});
    eph->wait_for_out("started");
    Scene scene{descendants(eph->pid()), {}};
    scene.directories = {"/tmp/eph-" + GuestWorld::variable(scene.processes, "EPH_SESSION"), own / "eph"};
    const std::string key = GuestWorld::variable(scene.processes, "OPENAI_API_KEY");
    CHECK(key.starts_with("sk-svcacct-"));
    Column column = look(scene, {{"the task", the_task}, {"the key", key}, {"the admin key", admin_key}});
    column["a port of loopback"] = "none";
    scene.processes = {eph->pid(), ephd->pid()};  // these two, which have it, are closed
    const Column ours = look(scene, {{"the admin key", admin_key}});
    CHECK(ours.at("the admin key in memory") == "root");
    CHECK(ours.at("the admin key in environments") == "root");  // eph's own
    CHECK(ours.at("the admin key in command lines") == "no one");
    eph->signal(SIGTERM);
    CHECK(eph->wait().status == 143);
    ephd->signal(SIGTERM);
    CHECK(ephd->wait().status == 0);
    return column;
}

void print(const std::vector<std::pair<std::string, Column>>& columns) {
    std::set<std::string> rows;
    for (const auto& [mode, column] : columns) {
        for (const auto& [row, seen] : column) rows.insert(row);
    }
    std::cout << "| seen by";
    for (const auto& [mode, column] : columns) std::cout << " | " << mode;
    std::cout << " |\n|" << std::string(columns.size() + 1, '-') << "\n";
    for (const std::string& row : rows) {
        std::cout << "| " << row;
        for (const auto& [mode, column] : columns)
            std::cout << " | " << (column.contains(row) ? column.at(row) : "there is none");
        std::cout << " |\n";
    }
}

}  // namespace

TEST_CASE("what can be seen of a session on its host, by root, by its user and by others") {
    if (!memory_can_be_read() || !available("unshare") || !available("setpriv")) return;
    GuestWorld world;
    const std::string own_key_command = "cat " + world.home.path("own-key").string();
    std::vector<std::pair<std::string, Column>> columns;
    columns.emplace_back("key to the agent", column_of(world, {"--via", "key"}, ""));
    columns.emplace_back("broker", column_of(world, {"--via", "broker"}, ""));
    columns.emplace_back("a key of one's own", column_of(world, {"--key-command", own_key_command}, own_key));
    columns.emplace_back("--local", local_column(world));
    print(columns);

    for (const auto& [mode, column] : columns) {
        for (const auto& [row, seen] : column) {
            INFO(mode << ": " << row << ": " << seen);
            if (row != "a port of loopback") CHECK(seen != "everyone");
            const bool never = row.ends_with("command lines") || row == "the key in files" ||
                               row == "the token in files" || row == "the key in open files" ||
                               row.starts_with("the admin key") || row == "the task in environments" ||
                               (mode == "broker" && row.starts_with("the key"));
            if (never) CHECK(seen == "no one");
        }
    }
    CHECK(columns[0].second.at("the key in environments") == "root, the user");  // so looking does find it
    CHECK(columns[1].second.at("the token in environments") == "root, the user");
    CHECK(eventually([&] { return world.sim.live_keys() == 0; }));
}

namespace {

const std::vector<std::string> traced{"strace",
                                      "-f",
                                      "-ttt",
                                      "-y",
                                      "-s",
                                      "300",
                                      "-e",
                                      "trace=write,writev,pwrite64,sendfile,splice,copy_file_range,mknod,mknodat,open,"
                                      "openat,creat,unlink,unlinkat,rename,renameat,renameat2,link,linkat"};

struct Trace : TempDirectory {
    std::vector<std::string> words() const {
        std::vector<std::string> all = traced;
        all.insert(all.end(), {"-o", path() / "trace"});
        return all;
    }
};

struct TracedWorld : Trace, World {
    TracedWorld() : World({}, "", words()) {}
    std::vector<std::string> lines() const {
        std::vector<std::string> all;
        std::istringstream text{read_file(path() / "trace")};
        for (std::string line; std::getline(text, line);) all.push_back(line);
        return all;
    }
};

// strace -f begins a line with the process, and -ttt goes on with the time.
double moment_of(const std::string& line) { return std::stod(line.substr(line.find(' '))); }

}  // namespace

TEST_CASE("the key is written on its host to pipes and one FIFO alone, which is there for under a second") {
    if (!available("strace")) return;
    TracedWorld world;
    world.host.agent("echo \"dir=$PI_CODING_AGENT_DIR\"\n");
    const Finished done = world.eph({"testhost", "x"});
    INFO(done.err);
    REQUIRE(done.status == 0);
    const std::string key = world.sim.state().at("accounts").at(0).at("keys").at(0).at("value");
    const std::string fifo = World::directory(done.out).string() + "/secret";
    double made = 0, written = 0, gone = 0;
    int writes = 0;
    for (const std::string& line : world.lines()) {
        INFO(line);
        const bool of_fifo = line.find(fifo + "\"") != line.npos;
        if (of_fifo && line.find(" mknod") != line.npos) {
            CHECK(line.find("S_IFIFO") != line.npos);
            made = moment_of(line);
        }
        if (of_fifo && line.find(" unlink") != line.npos && gone == 0) gone = moment_of(line);
        if (of_fifo && made == 0) CHECK(line.find("O_CREAT") == line.npos);  // no file was in its place before
        if (line.find(key) == line.npos) continue;
        ++writes;
        const std::size_t from = line.find('<') + 1;
        const std::string target = line.substr(from, line.find('>') - from);
        if (target == fifo) written = moment_of(line);
        const bool no_file = target == fifo || target.starts_with("pipe:") || target.starts_with("socket:") ||
                             target.starts_with("UNIX");
        CHECK(no_file);
    }
    CHECK(writes >= 2);  // sshd's to the keeper, the keeper's to the FIFO
    REQUIRE(made > 0);
    REQUIRE(written > made);
    REQUIRE(gone > written);
    CHECK(gone - written < 1);
    std::cout << "the key was in the FIFO for " << static_cast<int>((gone - written) * 1000 + 0.5)
              << " ms (under strace)\n";
}
