// The command lines of ssh. Nothing secret stands in them.
#include "client/remote/transport.hpp"

#include <fnmatch.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "common/error.hpp"
#include "common/ids.hpp"
#include "common/paths.hpp"
#include "common/text.hpp"
#include "common/time.hpp"

namespace eph {
namespace {

constexpr Duration configuration_limit = std::chrono::seconds{10};

// Of paths: blanks, quotes, % and the like ssh takes for its own.
constexpr std::string_view plain_characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+,:@";

struct Captured {
    std::string output;
    std::string errors;
};

// Reads both pipes to their ends. False when `limit` came first.
bool drain(Child& child, Captured& captured, Duration limit) {
    const auto until = std::chrono::steady_clock::now() + limit;
    std::array<pollfd, 2> pipes{
        {{child.output().native_handle(), POLLIN, 0}, {child.errors().native_handle(), POLLIN, 0}}};
    const std::array<std::string*, 2> texts{&captured.output, &captured.errors};
    while (pipes[0].fd >= 0 || pipes[1].fd >= 0) {
        const auto left = std::chrono::duration_cast<Duration>(until - std::chrono::steady_clock::now());
        if (left <= Duration{0}) return false;
        if (poll(pipes.data(), pipes.size(), static_cast<int>(left.count())) < 0 && errno != EINTR) return false;
        for (std::size_t i = 0; i < pipes.size(); ++i) {
            if (pipes[i].fd < 0 || pipes[i].revents == 0) continue;
            std::array<char, 4096> piece{};
            const ssize_t got = read(pipes[i].fd, piece.data(), piece.size());
            if (got > 0) {
                texts[i]->append(piece.data(), static_cast<std::size_t>(got));
            } else if (got == 0 || errno != EINTR) {
                pipes[i].fd = -1;
            }
        }
    }
    return true;
}

// An option's values in `ssh -G`'s output: one "name value" a line, names in lower case.
std::vector<std::string> all_configured(std::string_view output, std::string_view name) {
    std::vector<std::string> values;
    while (!output.empty()) {
        const std::string_view line = output.substr(0, output.find('\n'));
        output.remove_prefix(std::min(output.size(), line.size() + 1));
        if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ' ')
            values.emplace_back(line.substr(name.size() + 1));
    }
    return values;
}

std::string configured(std::string_view output, std::string_view name) {
    const std::vector<std::string> values = all_configured(output, name);
    return values.empty() ? std::string{} : values.front();
}

std::string ssh_configuration(Child& child, const std::string& host) {
    Captured said;
    if (!drain(child, said, configuration_limit)) {
        throw Error{Code::timeout, "ssh -G {} did not tell its configuration within 10 s", host}.hint(
            "See the Match exec lines of ~/.ssh/config.");
    }
    if (child.wait() != 0) {  // both pipes are closed: it is about to be gone
        throw Error{Code::remote_failed, "ssh does not accept the host {} or its own configuration: {}", host,
                    printable(said.errors)}
            .hint("See ~/.ssh/config; ssh -G " + host + " shows the same.");
    }
    return said.output;
}

}  // namespace

void check_host(const std::string& host) {
    const std::string_view fault = fault_of_host(host);
    if (!fault.empty()) throw Error{Code::usage, "'{}' cannot be a host: {}", printable(host, 80), fault};
}

namespace {

// Sockets of sessions whose ssh was killed without a chance to remove them: nobody listens there any more.
void sweep_sockets(const std::filesystem::path& directory) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator{directory, ignored}) {
        const std::string path = entry.path().string();
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (!entry.path().filename().string().starts_with("ssh-") || path.size() >= sizeof address.sun_path) continue;
        std::memcpy(address.sun_path, path.data(), path.size());
        const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (probe < 0) return;
        const int result = connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        if (result != 0 && errno == ECONNREFUSED) unlink(path.c_str());
        close(probe);
    }
}

}  // namespace

std::string control_path() {
    // A Unix socket's path may have about 100 characters, and ssh adds 17 of its own while it makes one.
    constexpr std::size_t longest = 75;
    std::filesystem::path directory = runtime_directory();
    const bool plain = directory.string().find_first_not_of(plain_characters) == std::string::npos;
    if (!plain || directory.string().size() > longest) directory = fmt::format("/tmp/eph-{}", getuid());
    make_private_directory(directory);
    sweep_sockets(directory);
    return (directory / ("ssh-" + random_text(8))).string();
}

Transport Transport::local() { return {}; }

SshQuestion::SshQuestion(boost::asio::any_io_executor executor, std::string host)
    : host_((check_host(host), std::move(host))),
      socket_(control_path()),
      ssh_(std::move(executor), {"ssh", "-G", "--", host_}, Streams::piped) {
    ssh_.input().close();
}

Transport SshQuestion::answer() {
    const std::string configuration = ssh_configuration(ssh_, host_);
    Transport transport;
    transport.host_ = host_;
    transport.socket_ = socket_;
    transport.send_env_ = all_configured(configuration, "sendenv");
    transport.set_env_ = all_configured(configuration, "setenv");
    // What the person's configuration may say for logins but would break or weaken a session: forwardings (also of the
    // person's own ssh agent, which an AI agent must not get), commands, going to the background, a master of its own.
    for (const char* fixed : {"ControlPersist=no", "ClearAllForwardings=yes", "ForwardAgent=no", "ForwardX11=no",
                              "RemoteCommand=none", "PermitLocalCommand=no"}) {
        transport.options_.insert(transport.options_.end(), {"-o", fixed});
    }
    // These are OpenSSH 8.7's, and an older ssh would refuse them; one that knows them says so.
    struct Newer {
        const char* name;
        const char* usual;
    };
    for (const Newer& each :
         {Newer{"ForkAfterAuthentication", "no"}, {"StdinNull", "no"}, {"SessionType", "default"}}) {
        const std::string value = configured(configuration, lower(each.name));
        if (!value.empty() && value != each.usual) {
            transport.options_.insert(transport.options_.end(), {"-o", fmt::format("{}={}", each.name, each.usual)});
        }
    }
    if (configured(configuration, "serveraliveinterval") == "0") {
        transport.options_.insert(transport.options_.end(), {"-o", "ServerAliveInterval=15"});
        if (configured(configuration, "serveralivecountmax") == "3") {
            transport.options_.insert(transport.options_.end(), {"-o", "ServerAliveCountMax=4"});
        }
    }
    if (const std::string limit = configured(configuration, "connecttimeout"); limit.empty() || limit == "none") {
        transport.options_.insert(transport.options_.end(), {"-o", "ConnectTimeout=30"});
    }
    return transport;
}

std::vector<std::string> Transport::keeper(std::string_view input) const {
    if (is_local()) return {"sh", "-c", bootstrap_command(input)};
    std::vector<std::string> command{"ssh", "-T", "-o", "ControlMaster=yes", "-o", "ControlPath=" + socket_};
    command.insert(command.end(), options_.begin(), options_.end());
    command.insert(command.end(), {"--", host_, bootstrap_command(input)});
    return command;
}

std::vector<std::string> Transport::runner(const SessionPlace& place, RunnerStdin stdin_is) const {
    if (is_local()) return {"sh", "-c", run_command(place)};
    std::vector<std::string> command{"ssh", stdin_is == RunnerStdin::terminal ? "-tt" : "-T"};
    if (stdin_is == RunnerStdin::unused) command.emplace_back("-n");  // else ssh would eat what is meant for others
    command.insert(command.end(), {"-o", "ControlMaster=no", "-o", "ControlPath=" + socket_, "-o", "LogLevel=ERROR"});
    command.insert(command.end(), options_.begin(), options_.end());
    command.insert(command.end(), {"--", host_, run_command(place)});
    return command;
}

// As ssh sends variables along: those of the environment whose name fits a pattern, then those that are set.
ChannelRequest Transport::channel(const SessionPlace& place, bool waits,
                                  const std::vector<std::string>& withheld) const {
    ChannelRequest request{waits ? waiting_run_command() : run_command(place), {}};
    for (std::string& variable : environment_of_child(withheld)) {
        const std::string name = variable.substr(0, variable.find('='));
        const bool sent = std::any_of(send_env_.begin(), send_env_.end(), [&](const std::string& pattern) {
            return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
        });
        if (sent) request.environment.push_back(std::move(variable));
    }
    request.environment.insert(request.environment.end(), set_env_.begin(), set_env_.end());
    return request;
}

}  // namespace eph
