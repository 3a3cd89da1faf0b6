// How long eph daemon stop waits.
#include "client/commands/daemon_stop.hpp"

#include "tests/support/catch.hpp"

using namespace eph;
using namespace std::chrono_literals;

TEST_CASE("the end of what lives is waited for as long as something of it ends") {
    Patience patience;
    const auto began = Patience::Clock::now();
    CHECK(patience.goes_on({"a", "b", "c"}, began));
    CHECK(patience.goes_on({"a", "b"}, began + 29s));
    CHECK(patience.goes_on({"a", "b"}, began + 58s));
    CHECK(patience.goes_on({"b", "d"}, began + 58s));  // of more than is shown at once, another takes its place
    CHECK(patience.goes_on({"b", "d"}, began + 87s));
    CHECK_FALSE(patience.goes_on({"b", "d"}, began + 88s));
    CHECK_FALSE(Patience{patience}.goes_on({"b", "d", "e"}, began + 89s));  // what is new has not ended
}
