// Sharing out descriptors.
#include "daemon/bounds.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/error.hpp"

namespace eph::bounds {

DescriptorPlan plan_descriptors(std::size_t limit) {
    DescriptorPlan plan;
    plan.limit = limit;
    plan.reserve = std::min<std::size_t>(limit * 5 / 8, 160);
    plan.pool = std::min(plan.reserve / 4, idle_connections);
    plan.creations = std::min(plan.reserve / 5, creations);
    const std::size_t rest = limit - plan.reserve;
    plan.clients = std::min(rest / 2, api_clients);
    plan.agents = rest - plan.clients;
    return plan;
}

std::size_t raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        throw Error{Code::internal, "cannot ask for the limit of open files: {}", std::strerror(errno)};
    const rlim_t wanted = std::min<rlim_t>(limit.rlim_max, most_descriptors);
    if (wanted > limit.rlim_cur) {
        const rlimit raised{wanted, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit.rlim_cur = wanted;
    }
    const auto allowed = static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur, most_descriptors));
    if (allowed < fewest_descriptors) {
        throw Error{Code::usage, "only {} files may be open at once, and ephd needs {}", allowed, fewest_descriptors}
            .hint("Raise the limit where ephd is started: ulimit -n 1024");
    }
    return allowed;
}

}  // namespace eph::bounds
