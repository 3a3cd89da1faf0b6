// Keys, configurations and the process of a test's sshd.
#include "tests/integration/support/sshd.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "tests/support/catch.hpp"
#include "tests/support/loopback.hpp"

namespace eph::test {
namespace {

// The processes that `parent` has started, theirs included.
std::vector<pid_t> descendants(pid_t parent) {
    std::vector<pid_t> found;
    const std::string listed = Program{{"pgrep", "-P", std::to_string(parent)}, {{"PATH", "/usr/bin:/bin"}}}.wait().out;
    std::istringstream lines{listed};
    for (pid_t child; lines >> child;) {
        found.push_back(child);
        const std::vector<pid_t> below = descendants(child);
        found.insert(found.end(), below.begin(), below.end());
    }
    return found;
}

}  // namespace

int free_port() {
    const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    REQUIRE(bind(descriptor, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    REQUIRE(getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    close(descriptor);
    return ntohs(address.sin_port);
}

Sshd::Sshd(TempHome& home, const std::string& lines, std::vector<std::string> around)
    : home_(home), lines_(lines), around_(std::move(around)) {
    if (getuid() == 0) mkdir("/run/sshd", 0755);  // where sshd's unprivileged half lives
    std::filesystem::create_directories(host_home());
    make_keys();
    for (int tries = 0; tries < 10; ++tries) {  // between choosing a port and listening on it, it may be taken
        if (start()) {
            configure_client();
            return;
        }
    }
    FAIL("sshd does not start: " << program_->err());
}

void Sshd::make_keys() {
    std::filesystem::create_directories(home_.path("sshd"));
    for (const char* name : {"sshd/host_key", "sshd/client_key"}) {
        const std::vector<std::string> command{"ssh-keygen", "-q", "-t",   "ed25519", "-N",
                                               "",           "-C", "test", "-f",      home_.path(name)};
        REQUIRE(Program(command, home_.variables).wait().status == 0);
    }
}

bool Sshd::start() {
    port_ = free_port();
    const std::string directory = home_.path("sshd");
    write_file(
        directory + "/config",
        lines_ + "ListenAddress 127.0.0.1\nPort " + std::to_string(port_) + "\nHostKey " + directory +
            "/host_key\nAuthorizedKeysFile " + directory +
            "/client_key.pub\nPidFile none\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\n"
            "PrintMotd no\nMaxStartups 100\nMaxSessions 100\nAllowTcpForwarding yes\nAllowStreamLocalForwarding yes\n"
            "SetEnv HOME=" +
            host_home().string() + "\n");
    std::vector<std::string> words = around_;
    words.insert(words.end(), {"/usr/sbin/sshd", "-D", "-e", "-f", directory + "/config"});
    program_ = std::make_unique<Program>(words, home_.variables);
    eventually([&] { return program_->err().find("Server listening") != std::string::npos || !program_->running(); });
    return program_->running();
}

void Sshd::configure_client() {
    const std::string directory = home_.path("sshd");
    const std::string host_key = read_file(directory + "/host_key.pub");
    write_file(directory + "/known_hosts", "[127.0.0.1]:" + std::to_string(port_) + " " + host_key);
    const std::string common = "  HostName 127.0.0.1\n  IdentityFile " + directory +
                               "/client_key\n  IdentitiesOnly yes\n  UserKnownHostsFile " + directory +
                               "/known_hosts\n  StrictHostKeyChecking yes\n  BatchMode yes\n";
    write_file(directory + "/client_config",
               "Host testhost\n  Port " + std::to_string(port_) + "\n" + common + "Host deadhost\n  Port 1\n" + common);
    write_file(home_.path("bin/ssh"), "#!/bin/sh\nexec /usr/bin/ssh -F " + directory + "/client_config \"$@\"\n",
               std::filesystem::perms::owner_all);
    home_.variables["PATH"] = home_.path("bin").string() + ":" + home_.variables["PATH"];
}

void Sshd::tool(const std::string& path, const std::string& text) {
    write_file(host_home() / path, "#!/bin/sh\n" + text, std::filesystem::perms::owner_all);
}

int Sshd::connections() const {
    int count = 0;
    const std::string log = program_->err();
    for (std::size_t at = 0; (at = log.find("Accepted publickey", at)) != std::string::npos; ++at) ++count;
    return count;
}

// Only sshd's own processes: what they have started has to find its end by itself.
void Sshd::cut() {
    for (const pid_t each : descendants(program_->pid())) {
        const std::string name = read_file("/proc/" + std::to_string(each) + "/comm");
        if (name.starts_with("sshd")) kill(each, SIGKILL);
    }
}

}  // namespace eph::test
