// eph: parses the command line, runs the command, and says what failed.
#include <csignal>
#include <exception>
#include <iostream>

#if defined(__linux__)
#include <sys/prctl.h>
#endif
#include <sys/resource.h>

#include "client/cli.hpp"
#include "client/terminal/progress.hpp"

namespace {

// eph holds a disposable key for a moment, and perhaps an admin key in its environment.
void harden() {
#if defined(__linux__)
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace

int main(int argc, char** argv) {
    harden();
    try {
        const eph::Invocation invocation = eph::parse_command_line({argv + 1, argv + argc});
        if (invocation.command == nullptr) {
            std::cout << invocation.help;
            return 0;
        }
        return invocation.command->run(invocation.arguments);
    } catch (const eph::Error& error) {
        eph::Progress{}.fail(error);
        return eph::exit_status(error.code());
    } catch (const std::exception& error) {
        eph::Progress{}.fail(eph::Error{eph::Code::internal, "{}", error.what()});
        return eph::exit_status(eph::Code::internal);
    }
}
