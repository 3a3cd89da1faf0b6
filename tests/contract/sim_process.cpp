// Starting eph-sim, hearing where it listens, ending it.
#include "sim_process.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>

extern char** environ;

namespace eph::contract {
namespace {

std::string first_line(int descriptor) {
    std::string line;
    for (char c = 0; read(descriptor, &c, 1) == 1 && c != '\n';) line += c;
    return line;
}

}  // namespace

SimProcess::SimProcess(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {EPH_SIM, "--die-with-parent"});
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);

    std::array<int, 2> out{};
    if (pipe(out.data()) != 0) throw std::runtime_error("cannot make a pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, out[0]);
    const int failed = posix_spawn(&pid_, EPH_SIM, &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    if (failed != 0) throw std::runtime_error("cannot start " EPH_SIM);
    const std::string line = first_line(out[0]);  // "listening http://127.0.0.1:PORT/v1"
    close(out[0]);
    const auto colon = line.rfind(':');
    if (!line.starts_with("listening ") || colon == std::string::npos) {
        stop();
        throw std::runtime_error("eph-sim did not say where it listens, but: " + line);
    }
    port_ = static_cast<unsigned short>(std::stoi(line.substr(colon + 1)));
}

int SimProcess::stop() {
    kill(pid_, SIGTERM);
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

SimProcess::~SimProcess() {
    if (pid_ > 0) stop();
}

}  // namespace eph::contract
