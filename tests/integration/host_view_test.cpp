// What can be seen of a session on its host, measured in each mode: by root, by the session's user, by another user.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

#include "tests/integration/support/guest_world.hpp"
#include "tests/integration/support/intruder.hpp"
#include "tests/integration/support/memory.hpp"
#include "tests/integration/support/onlooker.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

namespace {

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

// Where a system keeps who has logged in.
struct Records {
    static std::string all() {
        return read_file("/var/log/wtmp") + read_file("/var/log/lastlog") + read_file("/var/log/btmp") +
               read_file("/run/utmp") + read_file("/var/log/auth.log");
    }
};

constexpr const char* port_row = "a port of loopback";
constexpr const char* name_row = "the name of the session's directory in /tmp";

// The broker's port stands in what tells Pi where its provider is; whoever is on the host can reach it.
std::string port_seen(const fs::path& directory) {
    const std::string models = read_file(directory / "config/models.json");
    const std::string before_port = "http://127.0.0.1:";
    REQUIRE(models.find(before_port) != models.npos);
    const int port = std::stoi(models.substr(models.find(before_port) + before_port.size()));
    CHECK(status_for(nobody, port, "/openai/v1/responses") == 401);
    return "everyone; 401 without the token";
}

std::string who_lists(const fs::path& directory, const std::string& name) {
    const auto sees = [&](uid_t user) {
        const auto names = names_in(user, directory);
        return name.empty() ? !names.empty() : names.contains(name);
    };
    return who(sees(0), sees(guest), sees(nobody));
}

// What of the directory shows without what is in its files.
void add_names(Column& column, const fs::path& directory) {
    column[name_row] = who_lists("/tmp", directory.filename());
    column["the names of the files in it"] = who_lists(directory, "");
}

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
        CHECK(info.st_uid == guest);
        CHECK_FALSE(S_ISFIFO(info.st_mode));  // the key has been read, and its place is gone
    }
    column[port_row] = brokered ? port_seen(directory) : "none";
    add_names(column, directory);
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
Column local_column(GuestWorld& world, const std::string& via) {
    const fs::path own = world.home.path("local-" + via);
    fs::create_directory(own);
    for (const char* program : {EPH, EPHD}) fs::copy_file(program, own / fs::path{program}.filename());
    fs::copy_file(world.host.host_home() / ".local/bin/pi", own / "pi");
    fs::copy_file(world.home.path("task"), own / "task");
    fs::permissions(own / "task", fs::perms::all);
    REQUIRE(chown(own.c_str(), guest, guest) == 0);
    Variables variables = world.home.variables;
    variables.merge(Daemon::account(world.sim));
    for (const char* name : {"HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME"})
        variables[name] = own / "run";
    fs::create_directory(own / "run");
    REQUIRE(chown((own / "run").c_str(), guest, guest) == 0);
    const std::string id = std::to_string(guest);
    const std::vector<std::string> as_guest{"setpriv", "--reuid=" + id, "--regid=" + id, "--clear-groups"};
    const auto start = [&](std::vector<std::string> words) {
        words.insert(words.begin(), as_guest.begin(), as_guest.end());
        return std::make_unique<Program>(words, variables);
    };
    const auto ephd = start({own / "ephd"});
    const bool up = eventually([&] { return fs::exists(own / "run/eph/ephd.sock") || !ephd->running(); });
    INFO(ephd->err());
    REQUIRE(up);
    REQUIRE(ephd->running());
    const auto eph =
        start({own / "eph", "--local", "--via", via, "--remote-pi", own / "pi", "--task-file", own / "task"});
    eph->wait_for_out("started");
    Scene scene{descendants(eph->pid()), {}};
    const fs::path directory = "/tmp/eph-" + GuestWorld::variable(scene.processes, "EPH_SESSION");
    scene.directories = {directory, own / "run"};
    const std::string key = world.sim.state().at("accounts").back().at("keys").at(0).at("value");
    std::map<std::string, std::string> texts{{"the task", the_task}, {"the key", key}, {"the admin key", admin_key}};
    const bool brokered = via == "broker";
    const std::string in_environment = GuestWorld::variable(scene.processes, "OPENAI_API_KEY");
    CHECK(in_environment.starts_with(brokered ? "eph-" : "sk-svcacct-"));
    if (brokered) texts["the token"] = in_environment;
    Column column = look(scene, texts);
    column[port_row] = brokered ? port_seen(directory) : "none";
    add_names(column, directory);
    scene.processes = {eph->pid(), ephd->pid()};  // these two, which have it, are closed
    const Column ours = look(scene, {{"the admin key", admin_key}});
    CHECK(ours.at("the admin key in memory") == "root");
    CHECK(ours.at("the admin key in environments") == "no one");
    CHECK(ours.at("the admin key in command lines") == "no one");
    eph->signal(SIGTERM);
    CHECK(eph->wait().status == 143);
    ephd->signal(SIGTERM);
    CHECK(ephd->wait().status == 0);
    return column;
}

// A table as Markdown has it, its rows by what is seen.
void print(const std::vector<std::pair<std::string, Column>>& columns) {
    std::set<std::string> rows;
    for (const auto& [mode, column] : columns) {
        for (const auto& [row, seen] : column) rows.insert(row);
    }
    std::cout << "\n| who sees |";
    for (const auto& [mode, column] : columns) std::cout << " " << mode << " |";
    std::cout << "\n|---|";
    for (std::size_t i = 0; i < columns.size(); ++i) std::cout << "---|";
    for (const std::string& row : rows) {
        std::cout << "\n| " << row << " |";
        for (const auto& [mode, column] : columns)
            std::cout << " " << (column.contains(row) ? column.at(row) : "-") << " |";
    }
    std::cout << "\n\n";
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
    columns.emplace_back("`--local`", local_column(world, "key"));
    columns.emplace_back("`--local`, broker", local_column(world, "broker"));
    print(columns);

    for (const auto& [mode, column] : columns) {
        for (const auto& [row, seen] : column) {
            INFO(mode << ": " << row << ": " << seen);
            if (row != port_row && row != name_row) CHECK(seen != "everyone");
            const bool never = row.ends_with("command lines") || row == "the key in files" ||
                               row == "the token in files" || row == "the key in open files" ||
                               row.starts_with("the admin key") || row == "the task in environments" ||
                               (mode.ends_with("broker") && row.starts_with("the key"));
            if (never) CHECK(seen == "no one");
        }
    }
    CHECK(columns[0].second.at("the key in environments") == "root, the user");  // so looking does find it
    CHECK(columns[1].second.at("the token in environments") == "root, the user");
    CHECK(eventually([&] { return world.sim.live_keys() == 0; }));
}
