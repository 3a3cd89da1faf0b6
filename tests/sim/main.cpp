// eph-sim: a provider that is not there. Parses, prepares the process, serves.
#include <fmt/format.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <csignal>
#include <cstdlib>
#include <exception>

#include "options.hpp"
#include "server.hpp"
#include "sim.hpp"

namespace {

void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

void die_with_parent() {
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
}

}  // namespace

int main(int argc, char** argv) {
    try {
        eph::sim::Sim sim{eph::sim::parse_options(argc, argv)};
        if (sim.options.die_with_parent) die_with_parent();
        raise_descriptor_limit();
        if (!sim.options.log.empty()) {
            sim.log.open(sim.options.log, std::ios::app);
            if (!sim.log) throw std::runtime_error("cannot write " + sim.options.log);
        }
        eph::sim::serve(sim);
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        fmt::print(stderr, "eph-sim: {}\n", error.what());
        return EXIT_FAILURE;
    }
}
