// The directories, the `sh` and the waiting of tests/support/shell_host.hpp.
#include "tests/support/shell_host.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "client/agents/pi.hpp"
#include "tests/support/catch.hpp"

namespace eph::test {
namespace fs = std::filesystem;
namespace {

void write_file(const fs::path& path, const std::string& text, bool executable) {
    fs::create_directories(path.parent_path());
    fs::remove(path);  // may be a link to a program of this machine, which must not be written to
    std::ofstream(path, std::ios::binary) << text;
    if (executable) fs::permissions(path, fs::perms::owner_all);
}

bool is_zombie(pid_t pid) {
    const std::string stat = contents("/proc/" + std::to_string(pid) + "/stat");
    const std::size_t end = stat.rfind(") ");
    return end != stat.npos && stat[end + 2] == 'Z';
}

}  // namespace

bool eventually(const std::function<bool()>& condition) {
    for (int waited = 0; waited < 20'000; waited += 10) {
        if (condition()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

std::optional<std::string> installed(const std::string& program) {
    for (const char* directory : {"/usr/bin/", "/bin/", "/usr/local/bin/", "/opt/homebrew/bin/"}) {
        if (fs::exists(directory + program)) return directory + program;
    }
    if (std::getenv("CI")) FAIL_CHECK(program << " is not installed, and CI must not skip its tests");
    WARN(program << " is not installed: its tests are skipped");
    return std::nullopt;
}

std::vector<std::string> posix_shells() {
    std::vector<std::string> found;
    for (const char* shell : {"dash", "bash", "busybox", "zsh"}) {
        if (installed(shell)) found.emplace_back(shell);
    }
    return found;
}

ShellHost::ShellHost(const std::string& shell) {
    std::string pattern = (fs::temp_directory_path() / "eph-test-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("cannot make " + pattern);
    root_ = pattern;
    fs::create_directories(home());
    fs::create_directories(tmp());
    const std::string tools = root_ / "tools", program = installed(shell).value();
    std::string path = tools + ":" + home() + "/bin";
    if (shell == "busybox") {  // all its tools too: its head, grep, kill and sort are not GNU's
        fs::create_directories(tools);
        Process({program, "--install", "-s", tools}, {}, home()).wait();
    } else {
        write_file(tools + "/sh", "#!/bin/sh\nexec " + program + " \"$@\"\n", true);
        path += ":/usr/bin:/bin";
    }
    environment = {{"PATH", path}, {"HOME", home()}, {"SHELL", "/bin/sh"}, {"LANG", "C.UTF-8"}};
}

ShellHost::~ShellHost() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
}

std::string ShellHost::file(const std::string& path, const std::string& text) {
    write_file(fs::path(home()) / path, text, false);
    return fs::path(home()) / path;
}

std::string ShellHost::script(const std::string& path, const std::string& text) {
    write_file(fs::path(home()) / path, "#!/bin/sh\n" + text, true);
    return fs::path(home()) / path;
}

ScriptRequest ShellHost::request(std::optional<std::string> task) const {
    ScriptRequest request{.place = {SessionMark::make(), tmp()}, .launch = {}, .login_limit = std::chrono::seconds(0)};
    PiOptions options;
    options.task = std::move(task);
    request.launch = pi_launch(options, {.directory = request.place.directory(), .host = "testhost"});
    return request;
}

std::unique_ptr<Process> ShellHost::sh(const std::string& command) const {
    return std::make_unique<Process>(std::vector<std::string>{"/bin/sh", "-c", command}, environment, home());
}

std::unique_ptr<Process> ShellHost::keeper(const ScriptRequest& request, const std::string& login_shell) const {
    const std::string input = keeper_input(request);
    auto keeper = std::make_unique<Process>(std::vector<std::string>{login_shell, "-c", bootstrap_command(input)},
                                            environment, home());
    keeper->write(input);
    return keeper;
}

std::unique_ptr<Process> ShellHost::runner(const ScriptRequest& request, const std::string& login_shell) const {
    return std::make_unique<Process>(std::vector<std::string>{login_shell, "-c", run_command(request.place)},
                                     environment, home());
}

KeeperLine next(Process& keeper, const ScriptRequest& request) {
    for (;;) {
        if (auto line = parse_keeper_line(keeper.line(), request.place.mark)) return *line;
    }
}

bool vanishes(const std::string& path) {
    return eventually([&] { return !fs::exists(path); });
}

bool appears(const std::string& path) {
    return eventually([&] { return fs::exists(path); });
}

pid_t written_pid(const std::string& path) {
    if (!eventually([&] { return fs::exists(path) && contents(path).ends_with('\n'); })) return -1;
    return std::stoi(contents(path));
}

bool dies(pid_t pid) {
    if (pid <= 0) return false;  // was never written
    return eventually([&] { return kill(pid, 0) != 0 || is_zombie(pid); });
}

std::string contents(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

}  // namespace eph::test
