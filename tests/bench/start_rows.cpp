// What a command takes that needs no session.
#include <filesystem>

#include "tests/bench/session_rows.hpp"

namespace eph::bench {
namespace {

const std::string empty = (std::filesystem::path{EPH}.parent_path() / "bench-empty").string();

}  // namespace

void start_rows(test::World& world, int runs) {
    Figure nothing;
    Figure version;
    Figure status;
    Figure ratio;
    Figure difference;
    for (int i = 0; i < runs; ++i) {
        nothing.add(run_time({empty}, world.home.variables));
        version.add(run_time({EPH, "--version"}, world.home.variables));
        status.add(run_time({EPH, "status"}, world.home.variables));
        ratio.add(version.values.back() / nothing.values.back());
        difference.add(status.values.back() - version.values.back());
    }
    show("an empty static C++ program", nothing);
    show("eph --version", version);
    show("eph status", status);
    row("`eph --version`, start to exit", ms(version.median()), "an empty static C++ program: " + ms(nothing.median()),
        times(ratio.median()), "2 times, or under 2 ms");
    row("`eph status` with a running ephd", ms(status.median()), "`eph --version`: " + ms(version.median()),
        more(difference.median()), "+ 1 ms");
}

}  // namespace eph::bench
