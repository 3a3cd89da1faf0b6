// Ending ephd without leaving keys behind: for eph daemon stop and uninstall.
#pragma once

#include <chrono>
#include <set>
#include <string>

#include "client/cli.hpp"
#include "client/services/kept.hpp"

namespace eph {

// Ends what lives, as the person has agreed (--yes, or asked; --keep leaves it as it is), then stops ephd. Throws when
// they do not agree, and Error{provider_refused} when a revocation is not confirmed, unless --force.
void end_ephd(const Kept& kept, const Arguments& arguments);

// How long the end of what lives is waited for: as long as, every now and then, something of it has ended.
class Patience {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::seconds without_progress{30};

    bool goes_on(std::set<std::string> left, Clock::time_point at);

private:
    std::set<std::string> left_;
    Clock::time_point last_;  // that something ended
    bool begun_ = false;
};

}  // namespace eph
