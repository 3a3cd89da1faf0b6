// Socket activation, with systemd's own tool in the service manager's place.
#include <csignal>

#include "tests/integration/support/daemon.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

#if defined(__linux__)
TEST_CASE("ephd takes the socket that systemd hands over, and leaves it in its place") {
    if (!available("systemd-socket-activate")) return;
    TempHome home;
    const std::string socket = home.path("activated");
    Program systemd{{"systemd-socket-activate", "-l", socket, EPHD}, home.variables};
    systemd.wait_for_err("Listening on");
    HttpConnection first{std::filesystem::path{socket}};
    first.request("GET", "/v1/status");
    const Reply reply = first.reply();
    REQUIRE(reply.status == 200);
    CHECK(reply.json().at("pid") == systemd.pid());  // it became ephd
    CHECK_FALSE(std::filesystem::exists(home.socket()));
    systemd.signal(SIGTERM);
    CHECK(systemd.wait().status == 0);
    CHECK(std::filesystem::exists(socket));  // it is the service manager's
}

TEST_CASE("a socket that was handed to somebody else is not taken") {
    TempHome home;
    Daemon ephd{home, {{"LISTEN_PID", "1"}, {"LISTEN_FDS", "1"}}};
    CHECK(ephd.get("/v1/status").at("pid") == ephd.pid());
    CHECK(std::filesystem::exists(home.socket()));
}
#endif
