// The command lines of ssh. Nothing secret stands in them.
#include "client/remote/transport.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "client/remote/child.hpp"
#include "common/error.hpp"
#include "common/ids.hpp"
#include "common/paths.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

struct Captured {
    int status = 0;
    std::string output;
    std::string errors;
};

std::string drain(Pipe& pipe) {
    std::string text;
    char piece[4096];
    for (;;) {
        const ssize_t got = read(pipe.native_handle(), piece, sizeof piece);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return text;
        text.append(piece, static_cast<std::size_t>(got));
    }
}

// The option in `ssh -G`'s output: one "name value" a line, names in lower case.
std::string configured(const std::string& output, std::string_view name) {
    std::istringstream lines{output};
    for (std::string line; std::getline(lines, line);) {
        if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ' ') return line.substr(name.size() + 1);
    }
    return {};
}

std::string ssh_configuration(const std::string& host) {
    boost::asio::io_context context;
    Child child{context.get_executor(), {"ssh", "-G", "--", host}, Streams::piped};
    child.input().close();
    const std::string output = drain(child.output());
    const std::string errors = drain(child.errors());
    std::optional<int> status;
    while (!(status = child.ended())) usleep(200);  // both pipes are closed: it is about to be gone
    if (*status != 0) {
        throw Error{Code::remote_failed, "ssh does not accept the host {} or its own configuration: {}", host, printable(errors)}.hint(
            "See ~/.ssh/config; ssh -G " + host + " shows the same.");
    }
    return output;
}

}  // namespace

void check_host(const std::string& host) {
    const auto bad = [&](std::string_view why) { return Error{Code::usage, "'{}' cannot be a host: {}", printable(host, 80), why}; };
    if (host.empty()) throw bad("it is empty");
    if (host.starts_with('-')) throw bad("it begins with '-'");
    if (has_control(host)) throw bad("it holds control characters");
    if (host.find_first_of(" \xa0") != host.npos) throw bad("it holds white space");
    if (host.size() > 255) throw bad("it is too long");
}

std::string control_path() {
    // A Unix socket's path may have about 100 characters, and ssh adds 17 of its own while it makes one.
    constexpr std::size_t longest = 75;
    std::filesystem::path directory = runtime_directory();
    if (directory.string().size() > longest) directory = fmt::format("/tmp/eph-{}", getuid());
    make_private_directory(directory);
    return (directory / ("ssh-" + random_text(8))).string();
}

Transport Transport::local() { return {}; }

Transport Transport::ssh(const std::string& host) {
    check_host(host);
    Transport transport;
    transport.host_ = host;
    transport.socket_ = control_path();
    // What the person's configuration may say for logins but would break or weaken a session: forwardings (also of the
    // person's own ssh agent, which an AI agent must not get), commands, going to the background, a master of its own.
    for (const char* fixed : {"ControlPersist=no", "ClearAllForwardings=yes", "ForwardAgent=no", "ForwardX11=no", "RemoteCommand=none",
                              "PermitLocalCommand=no", "ForkAfterAuthentication=no", "StdinNull=no", "SessionType=default"}) {
        transport.options_.insert(transport.options_.end(), {"-o", fixed});
    }
    const std::string configuration = ssh_configuration(host);
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

}  // namespace eph
