// What service managers are told, and what they say.
#include "client/services/service_text.hpp"
#include "client/services/systemctl_text.hpp"
#include "tests/support/catch.hpp"

using namespace eph;

TEST_CASE("a program's path in a unit is quoted where it has to be, and holds no specifiers") {
    const std::pair<std::string_view, std::string_view> table[] = {
        {"/usr/bin/ephd", "/usr/bin/ephd"},          {"/opt/my eph/ephd", "\"/opt/my eph/ephd\""},
        {"/opt/100%h/ephd", "\"/opt/100%%h/ephd\""}, {"/opt/a\"b\\c/ephd", "\"/opt/a\\\"b\\\\c/ephd\""},
        {"/opt/$HOME/ephd", "/opt/$HOME/ephd"},      {"/opt/it's/ephd", "\"/opt/it's/ephd\""},
    };
    for (const auto& [path, word] : table) CHECK(unit_program(path) == word);
}

TEST_CASE("a unit says who wrote it, runs the ephd it was written for and no other, and has no place left to fill") {
    const std::string unit = service_unit("/opt/eph/ephd");
    CHECK(unit.starts_with(written_by_eph));
    CHECK(runs(unit, "/opt/eph/ephd"));
    CHECK_FALSE(runs(unit, "/opt/eph/ephd2"));
    CHECK_FALSE(runs(unit, "/opt/eph"));
    CHECK(unit.find('@') == unit.find("@system-service"));
    CHECK(socket_unit().starts_with(written_by_eph));
    CHECK(socket_unit().find("ListenStream=%t/eph/ephd.sock\n") != std::string::npos);
}

TEST_CASE("launchd's property list holds the real paths, whatever they hold") {
    const std::string plist = launchd_plist("/Users/a&b/ephd", "/Users/<x>/ephd.log", "/Users/a&b/ephd.sock");
    CHECK(plist.find("<string>/Users/a&amp;b/ephd</string>") != std::string::npos);
    CHECK(plist.find("<string>/Users/&lt;x&gt;/ephd.log</string>") != std::string::npos);
    CHECK(plist.find("<key>SockPathName</key>\n      <string>/Users/a&amp;b/ephd.sock</string>") != std::string::npos);
    CHECK(plist.find('@') == std::string::npos);
}

TEST_CASE("what systemctl and launchctl show is read") {
    auto unit = properties(
        "LoadState=loaded\nMainPID=42\nExecStart={ path=/opt/my eph/ephd ; argv[]=/opt/my ; pid=0 }\nEmpty=\n");
    CHECK(unit["LoadState"] == "loaded");
    CHECK(pid_in(unit["MainPID"]) == 42);
    CHECK(program_of(unit["ExecStart"]) == "/opt/my eph/ephd");
    CHECK(unit["Empty"].empty());
    CHECK(program_of("").empty());
    auto job = launchd_properties(
        "gui/501/eph.ephd = {\n\tpath = /Users/x/Library/LaunchAgents/eph.ephd.plist\n\tstate = running\n\n\tprogram = "
        "/opt/ephd\n\tpid = 77\n\tspawn = {\n\t\tstate = other\n\t}\n}\n");
    CHECK(job["state"] == "running");
    CHECK(job["program"] == "/opt/ephd");
    CHECK(pid_in(job["pid"]) == 77);
    for (const char* word : {"", "0", "-3", "x", "12x", "99999999999999999999"}) CHECK(pid_in(word) == 0);
}
