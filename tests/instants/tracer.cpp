// strace's options and its output.
#include "tests/instants/tracer.hpp"

#include <csignal>
#include <fstream>
#include <iterator>

#include "tests/support/catch.hpp"

namespace eph::test {
namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
    return text;
}

std::string content_of(const std::filesystem::path& file) {
    std::ifstream stream{file};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

bool is_traced(pid_t process) {
    const std::string status = content_of("/proc/" + std::to_string(process) + "/status");
    const std::string field = "TracerPid:\t";
    const std::size_t at = status.find(field);
    return at != status.npos && status.at(at + field.size()) != '0';
}

}  // namespace

Tracer::Tracer(Stage& stage, const std::vector<std::string>& calls, const std::string& injection) : stage_(stage) {
    std::vector<std::string> argv{
        "strace", "-f", "-qq", "-o", stage.home.path("strace"), "-e", "trace=" + joined(calls)};
    if (!injection.empty()) argv.insert(argv.end(), {"-e", "inject=" + injection});
    argv.insert(argv.end(), {"-p", std::to_string(stage.ephd.pid())});
    strace_ = std::make_unique<Program>(argv, stage.home.variables);
    const bool traced = eventually([&] { return is_traced(stage.ephd.pid()) || !strace_->running(); });
    INFO(strace_->err());
    REQUIRE(traced);
    REQUIRE(strace_->running());
}

Tracer::~Tracer() { detach(); }

void Tracer::detach() {
    if (!strace_ || !strace_->running()) return;
    strace_->signal(SIGTERM);
    (void)strace_->wait();
}

// Lines as "1234  pwrite64(5, ...".
Steps Tracer::counted() const {
    Steps steps;
    std::ifstream lines{stage_.home.path("strace")};
    for (std::string line; std::getline(lines, line);) {
        const std::size_t from = line.find_first_not_of("0123456789 ");
        const std::size_t to = line.find('(');
        if (from == line.npos || to == line.npos || to <= from) continue;
        const std::string call = line.substr(from, to - from);
        if (call.find_first_of(" <+-") == call.npos) ++steps[call];
    }
    return steps;
}

bool Tracer::injected() const {
    const std::string said = content_of(stage_.home.path("strace"));
    return said.find("(INJECTED)") != said.npos || said.find("killed by SIGKILL") != said.npos;
}

}  // namespace eph::test
