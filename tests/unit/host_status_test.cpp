// What the host is told of a session.
#include "client/session/host_status.hpp"

#include "tests/support/catch.hpp"

using namespace eph;
using namespace std::chrono_literals;

TEST_CASE("a session's state is one line of JSON, with the time left in whole seconds") {
    CHECK(live_line("web", 7199s) == R"(status {"host":"web","left":7199,"state":"live"})"
                                     "\n");
    CHECK(live_line("me@web", 59'600ms) == R"(status {"host":"me@web","left":60,"state":"live"})"
                                           "\n");
    CHECK(live_line("web", -5s) == R"(status {"host":"web","left":0,"state":"live"})"
                                   "\n");
    CHECK(over_line("a\"b\n\xff", "its time was up") ==
          "status {\"host\":\"a\\\"b\\n\xEF\xBF\xBD\",\"state\":\"over\",\"why\":\"its time was up\"}\n");
}
