// Leaks made on purpose: a check that finds nothing must be one that could.
#include "tests/chaos/round.hpp"

namespace eph::chaos {

void Round::plant() {
    const std::string& what = plan_.plant;
    const std::string name = "eph-c0-20260101T000000Z-exp-20990101T000000Z-planted";
    if (what == "key") stage_.sim.seed(name);
    // A session whose client goes on, and with it the row.
    if (what == "row") {
        stage_.bring_ephd();
        planted_ = stage_.eph({"exec", "--local", "--", "sleep", "1000"});
    }
    if (what == "process")
        planted_ = std::make_unique<test::Program>(std::vector<std::string>{"sleep", "1000"}, stage_.person());
    if (what == "file") test::write_file("/tmp/eph-planted/secret", "");
    if (what == "secret") test::write_file(stage_.home.path("state/planted"), test::admin_key);
    if (what == "too-much") stage_.sim.control("POST", "/_sim/delete-account", {{"name", kept_key}});
}

}  // namespace eph::chaos
