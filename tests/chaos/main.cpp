// chaos: runs sessions while everything goes wrong, and looks whether anything was left.
#include <cstdio>

#include "tests/chaos/options.hpp"
#include "tests/chaos/plan.hpp"
#include "tests/chaos/rounds.hpp"

int main(int argc, char** argv) {
    const eph::chaos::Options options = eph::chaos::parse_options(argc, argv);
    if (options.show_plan && options.only >= 0) {
        const bool real_pi = std::getenv("EPH_TEST_PI") != nullptr;
        std::puts(to_json(eph::chaos::plan_round(options.seed, options.only, real_pi)).dump(1).c_str());
        return 0;
    }
    return eph::chaos::Rounds{options}.run();
}
