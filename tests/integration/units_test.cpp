// The texts for service managers, held against systemd's own judgement and a parser of XML.
#include "client/services/service_text.hpp"
#include "tests/integration/support/home.hpp"
#include "tests/integration/support/http.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;

namespace {

struct Fixture {
    TempHome home;

    Finished analyze(std::vector<std::string> words) {
        words.insert(words.begin(), "systemd-analyze");
        return Program{words, home.variables}.wait(60s);
    }

    // The template of the system-wide unit, for this ephd.
    std::filesystem::path janitor_unit() {
        std::string text = read_file(EPH_SOURCE_DIR "/systemd/system/eph-janitor@.service.in");
        text.replace(text.find("@EPHD@"), 6, EPHD);
        const std::filesystem::path file = home.path("units/eph-janitor@main.service");
        write_file(file, text);
        return file;
    }

    std::filesystem::path user_unit(const std::filesystem::path& ephd) {
        write_file(home.path("units/ephd.socket"), eph::socket_unit());
        write_file(home.path("units/ephd.service"), eph::service_unit(ephd));
        return home.path("units/ephd.service");
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "systemd has nothing to say against the units") {
    if (!available("systemd-analyze")) return;
    std::filesystem::create_directory(home.path("a dir % $x"));
    std::filesystem::create_symlink(EPHD, home.path("a dir % $x/ephd"));
    for (const std::filesystem::path& ephd : {std::filesystem::path{EPHD}, home.path("a dir % $x/ephd")}) {
        const Finished end = analyze({"--user", "verify", user_unit(ephd)});
        CHECK(end.status == 0);
        CHECK(end.err.empty());
        CHECK(end.out.empty());
    }
    const Finished end = analyze({"verify", janitor_unit()});
    CHECK(end.status == 0);
    CHECK(end.err.empty());
}

TEST_CASE_METHOD(Fixture, "the sandboxes are as tight as they were") {
    if (!available("systemd-analyze")) return;
    const Finished janitor = analyze({"security", "--offline=yes", "--threshold=13", janitor_unit()});
    INFO(janitor.out);
    CHECK(janitor.status == 0);
    // Nothing that needs a name space or takes capabilities away works for a user manager everywhere: see the unit.
    const Finished user = analyze({"security", "--user", "--offline=yes", "--threshold=64", user_unit(EPHD)});
    INFO(user.out);
    CHECK(user.status == 0);
}

TEST_CASE_METHOD(Fixture,
                 "whatever systemd misses in the user's sandbox, the unit names, and says why it is left out") {
    if (!available("systemd-analyze")) return;
    const Finished end = analyze({"security", "--user", "--offline=yes", "--json=short", user_unit(EPHD)});
    const std::string unit = read_file(home.path("units/ephd.service"));
    int missed = 0;
    for (const Json& setting : Json::parse(end.out)) {
        if (setting.at("exposure").is_null()) continue;
        // "CapabilityBoundingSet=~CAP_KILL", "User=/DynamicUser=", "KeyringMode="
        const std::string name = setting.at("name");
        INFO(name << ": " << setting.at("description"));
        CHECK(unit.find(' ' + name.substr(0, name.find('=') + 1)) != std::string::npos);
        ++missed;
    }
    CHECK(missed > 0);
}

TEST_CASE_METHOD(Fixture, "launchd's property list is well-formed, whatever the paths hold") {
    if (!available("xmllint")) return;
    write_file(home.path("plist"),
               eph::launchd_plist("/Users/a & b/<ephd>", "/Users/\"x\"/ephd.log", "/Users/'x'/ephd.sock"));
    const Finished end = Program{{"xmllint", "--noout", "--nonet", home.path("plist")}, home.variables}.wait();
    INFO(end.err);
    CHECK(end.status == 0);
    const Finished path =
        Program{{"xmllint", "--nonet", "--xpath", "string(//array/string[1])", home.path("plist")}, home.variables}
            .wait();
    CHECK(path.out == "/Users/a & b/<ephd>\n");
}
