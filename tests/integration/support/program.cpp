// fork, exec and wait.
#include "tests/integration/support/program.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include <csignal>
#include <stdexcept>
#include <thread>

#include "tests/support/catch.hpp"

namespace eph::test {
namespace {

std::FILE* temporary(const std::string& content = "") {
    std::FILE* file = std::tmpfile();
    if (file == nullptr) throw std::runtime_error("cannot make a temporary file");
    std::fwrite(content.data(), 1, content.size(), file);
    std::fflush(file);
    std::rewind(file);
    return file;
}

std::string content_of(std::FILE* file) {
    std::string text;
    char piece[65536];
    for (off_t at = 0;;) {
        const ssize_t n = pread(fileno(file), piece, sizeof piece, at);
        if (n <= 0) return text;
        text.append(piece, static_cast<std::size_t>(n));
        at += n;
    }
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

[[noreturn]] void become(std::vector<char*>& argv, std::vector<char*>& variables, std::FILE* in, std::FILE* out,
                         std::FILE* err) {
#if defined(__linux__)
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    dup2(fileno(in), 0), dup2(fileno(out), 1), dup2(fileno(err), 2);
#if defined(__linux__)
    execvpe(argv[0], argv.data(), variables.data());
#else
    environ = variables.data();
    execvp(argv[0], argv.data());
#endif
    _exit(99);
}

}  // namespace

void pause_briefly() { std::this_thread::sleep_for(2ms); }

Program::Program(std::vector<std::string> argv, const Variables& variables, const std::string& input)
    : name_(argv.at(0)), out_(temporary()), err_(temporary()) {
    std::FILE* in = temporary(input);
    std::vector<std::string> settings;
    for (const auto& [name, value] : variables) settings.push_back(name + "=" + value);
    std::vector<char*> arguments = pointers(argv);
    std::vector<char*> environment = pointers(settings);
    for (std::FILE* file : {in, out_, err_}) fcntl(fileno(file), F_SETFD, FD_CLOEXEC);
    pid_ = fork();
    if (pid_ == 0) become(arguments, environment, in, out_, err_);
    std::fclose(in);
    if (pid_ < 0) throw std::runtime_error("cannot start " + name_);
}

Program::~Program() {
    if (running()) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    std::fclose(out_);
    std::fclose(err_);
}

bool Program::running() {
    if (pid_ < 0) return false;
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
    pid_ = -1;
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return false;
}

void Program::signal(int number) {
    if (pid_ > 0) kill(pid_, number);
}

Finished Program::wait(Limit limit) {
    if (!eventually([&] { return !running(); }, limit)) {
        FAIL(name_ << " did not end in time; it said:\n" << out() << err());
    }
    return {status_, out(), err()};
}

std::string Program::out() const { return content_of(out_); }
std::string Program::err() const { return content_of(err_); }

void Program::wait_for(const std::string& text, std::FILE* file, Limit limit) {
    const bool came = eventually(
        [&] {
            const bool alive = running();
            return content_of(file).find(text) != std::string::npos || !alive;
        },
        limit);
    if (!came || content_of(file).find(text) == std::string::npos) {
        FAIL(name_ << " did not say '" << text << "', but:\n" << out() << err());
    }
}

void Program::wait_for_out(const std::string& text, Limit limit) { wait_for(text, out_, limit); }
void Program::wait_for_err(const std::string& text, Limit limit) { wait_for(text, err_, limit); }

}  // namespace eph::test
