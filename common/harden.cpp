// prctl(2) and setrlimit(2).
#include "common/harden.hpp"

#include <sys/resource.h>

#include <csignal>

#if defined(__linux__)
#include <sys/prctl.h>
#endif

namespace eph {

void harden_process() {
#if defined(__linux__)
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace eph
