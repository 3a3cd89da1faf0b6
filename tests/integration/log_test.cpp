// eph log: the audit trail, as it is and as it grows.
#include <csignal>

#include "tests/integration/support/daemon.hpp"
#include "tests/integration/support/pty.hpp"
#include "tests/support/catch.hpp"

using namespace eph::test;
using Catch::Matchers::Contains;
using Catch::Matchers::Matches;

namespace {

struct Fixture : DaemonAndSim {
    std::vector<std::string> command(std::vector<std::string> words) const {
        words.insert(words.begin(), {EPH, "log"});
        return words;
    }
    Finished log(std::vector<std::string> words = {}) { return Program{command(words), home.variables}.wait(); }
};

std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> all;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
        all.push_back(text.substr(at, text.find('\n', at) - at));
    return all;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "the log tells when, what, which key and session, where and who") {
    const auto lease = ephd.session({{"host", "web.example"}});
    const Json issued = *lease->event();
    const std::string key = issued.at("key").at("id"), session = issued.at("session").at("id");
    const auto all = lines(log().out);
    REQUIRE(all.size() == 3);
    CHECK_THAT(all[0], Matches("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d  creating +" + key + "  " + session +
                               "  web\\.example +uid \\d+ pid \\d+ +eph-web\\.example-.*"));
    CHECK_THAT(all[1], Contains("session_started"));
    CHECK_THAT(all[2], Contains("live") && Contains("ephd"));
    CHECK(lines(log({"-n", "1"}).out) == std::vector<std::string>{all[2]});
    CHECK(lines(log({"--lines", "2"}).out).size() == 2);
    CHECK(log({"-n", "0"}).out.empty());
    CHECK(log({"-n", "x"}).status == 64);
    CHECK(log({"-n", "-1"}).status == 64);
}

TEST_CASE_METHOD(Fixture, "without a number the log is the last hundred events, and JSON is a line each") {
    for (int i = 0; i < 60; ++i) (void)ephd.create_key();  // two events each
    CHECK(lines(log().out).size() == 100);
    const auto json = lines(log({"--json", "-n", "3"}).out);
    REQUIRE(json.size() == 3);
    std::vector<int> numbers;
    for (const std::string& each : json) numbers.push_back(Json::parse(each).at("seq"));
    CHECK(numbers == std::vector<int>{118, 119, 120});
    CHECK(Json::parse(json[2]).at("event") == "live");
}

TEST_CASE_METHOD(Fixture, "a log that is followed tells at once what happens, over a restart of ephd, until Ctrl-C") {
    Program follower{command({"-f", "--json"}), home.variables};
    const std::string first = ephd.create_key().at("key").at("id");
    follower.wait_for_out("\"event\":\"live\",\"host\":\"\",\"key\":\"" + first + "\"", 3s);
    ephd.kill9();
    follower.wait_for_err("eph: ephd is away; waiting for it");
    CHECK_FALSE(std::filesystem::exists(home.path("state/eph/ephd.log")));  // and not started by the one who looks on
    ephd.start();
    const std::string second = ephd.create_key().at("key").at("id");
    follower.wait_for_out(second);
    follower.signal(SIGINT);
    const Finished end = follower.wait(5s);
    CHECK(end.status == 130);
    std::vector<int> numbers;
    for (const std::string& each : lines(end.out)) numbers.push_back(Json::parse(each).at("seq"));
    CHECK(numbers == std::vector<int>{1, 2, 3, 4});  // each once
}

TEST_CASE_METHOD(Fixture, "Ctrl-C on a terminal ends a log that is followed with 130") {
    Pty terminal{command({"-f"}), home.variables};
    (void)ephd.create_key();
    terminal.wait_for("live");
    terminal.type("\x03");
    CHECK(terminal.wait(5s) == 130);
}

TEST_CASE_METHOD(Fixture, "a log that waits is answered with the next event, or empty when the time is up") {
    HttpConnection waiting{home.socket()};
    waiting.request("GET", "/v1/events?after=0&wait=30");
    const auto began = std::chrono::steady_clock::now();
    (void)ephd.create_key();
    CHECK(waiting.reply().json().at("events").at(0).at("event") == "creating");
    CHECK(std::chrono::steady_clock::now() - began < 5s);
    CHECK(ephd.get("/v1/events?after=1000&wait=1").at("events").empty());
    HttpConnection idle{home.socket()};
    idle.request("GET", "/v1/events?after=1000&wait=30");
    CHECK(ephd.stop(5s).status == 0);  // who waits does not keep ephd from ending
}
