// What eph builds for the shell, and how it reads the keeper: pure functions, and the real shells as the judges.
#include "client/remote/script.hpp"

#include "common/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/shell_host.hpp"

using namespace eph;
using namespace eph::test;

namespace {

const SessionMark mark{"abcdefghij0123456789"};

std::string every_byte() {
    std::string bytes;
    for (int c = 1; c < 256; ++c) bytes += static_cast<char>(c);
    return bytes;
}

}  // namespace

TEST_CASE("a quoted string is the same string in every shell") {
    const std::vector<std::string> nasty = {
        "",     " ",   "'",   "''",  "it's",     "$(touch x) `touch x` $HOME ${x} \"q\" \\",
        "*",    "~/x", "-n",  "--",  "!x !!",    "a\nb\n\n",
        "\r\n", "=ls", "\\'", "é ☃", "\xff\xfe", every_byte()};
    for (const std::string& shell : posix_shells()) {
        const ShellHost host(shell);
        for (const std::string& text : nasty) {
            INFO(shell << ": " << text);
            auto process = host.sh("exec sh -c " + shell_quote("printf '%s' " + shell_quote(text)));
            CHECK(process->output() == text);
        }
    }
}

TEST_CASE("the keeper's lines are told from what else a login prints") {
    using State = KeeperLine::State;
    const std::string id = mark.text();
    struct Row {
        std::string line;
        std::optional<State> state;
        std::string detail;
    };
    const std::vector<Row> rows = {
        {"eph " + id + " ready /home/a b/pi", State::ready, "/home/a b/pi"},
        {"eph " + id + " armed", State::armed, ""},
        {"eph " + id + " armed\r", State::armed, ""},
        {"eph " + id + " missing", State::missing, ""},
        {"eph " + id + " not-executable /x", State::not_executable, "/x"},
        {"eph " + id + " error no space", State::error, "no space"},
        {"no newline at the end of motd: eph " + id + " armed", State::armed, ""},
        {"Welcome to Debian", {}, ""},
        {"", {}, ""},
        {"eph " + id, {}, ""},
        {"eph " + id + " ", {}, ""},
        {"eph " + id + " readyish /x", {}, ""},
        {"eph bbbbbbbbbbbbbbbbbbbb ready /x", {}, ""},
    };
    for (const Row& row : rows) {
        INFO(row.line);
        const auto read = parse_keeper_line(row.line, mark);
        REQUIRE(read.has_value() == row.state.has_value());
        if (!read) continue;
        CHECK(read->state == *row.state);
        CHECK(read->detail == row.detail);
    }
}

TEST_CASE("a session's mark is twenty small letters and digits") {
    CHECK(SessionMark::make().text().size() == 20);
    CHECK(SessionMark::make() != SessionMark::make());
    for (const char* bad :
         {"", "1000", "abcdefghij012345678", "abcdefghij01234567890", "ABCDEFGHIJ0123456789", "../defghij0123456789"}) {
        CHECK_THROWS_AS(SessionMark(bad), Error);
    }
    CHECK(run_command({mark}) == "exec sh /tmp/eph-abcdefghij0123456789/run");
}

TEST_CASE(
    "the command line holds neither the task nor the options, and no character that a login shell treats specially") {
    const std::string command = bootstrap_command(std::string(1234, 'x'));
    CHECK(command == "exec sh -c 'LC_ALL=C; eval \"$(head -c 1234 2>/dev/null || dd bs=1 count=1234 2>/dev/null)\"'");
    CHECK(command.find_first_of("!\n\\") == command.npos);
}

TEST_CASE("a task with NUL is refused") {
    ScriptRequest request{.place = {mark}, .launch = pi_launch({.directory = "/tmp/x"})};
    request.launch.task = std::string("a\0b", 3);
    CHECK_THROWS_WITH(keeper_input(request), "the task or an option holds a NUL character, which cannot be sent");
}

TEST_CASE("Pi without a terminal prints and has the task as its stdin") {
    const AgentLaunch launch = pi_launch({.directory = "/tmp/d",
                                          .model = "gpt-5",
                                          .thinking = "high",
                                          .base_url = "http://127.0.0.1:9/v1",
                                          .task = "-x"});
    CHECK(launch.arguments == std::vector<std::string>{"--no-session", "--provider", "openai", "--model", "gpt-5",
                                                       "--thinking", "high", "-p"});
    CHECK(launch.task_by == TaskBy::stream);
    CHECK(launch.key_variable == "OPENAI_API_KEY");
    REQUIRE(launch.files.size() == 1);
    CHECK(launch.files[0].path == "config/models.json");
    CHECK(launch.files[0].content == R"({"providers":{"openai":{"baseUrl":"http://127.0.0.1:9/v1"}}})");
}

TEST_CASE("Pi with a terminal gets the task from a file through an extension, and no extension without a task") {
    const AgentLaunch launch = pi_launch({.directory = "/tmp/d", .task = "x", .interactive = true});
    CHECK(launch.arguments == std::vector<std::string>{"--no-session", "--provider", "openai"});
    CHECK(launch.task_by == TaskBy::file);
    REQUIRE(launch.files.size() == 1);
    CHECK(launch.files[0].path == "config/extensions/eph-task.ts");
    CHECK(pi_launch({.directory = "/tmp/d", .interactive = true}).files.empty());
}

TEST_CASE("a provider that eph has no key variable for is named") {
    CHECK_THROWS_WITH(pi_launch({.provider = "acme"}), "Pi has no provider named acme that eph can make keys for");
}
