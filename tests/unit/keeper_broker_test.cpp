// Sessions through the broker on a host: the port that is known late, proxies, and variables that are withheld.
#include "tests/support/catch.hpp"
#include "tests/support/shell_host.hpp"

using namespace eph;
using namespace eph::test;
using State = KeeperLine::State;
namespace fs = std::filesystem;

namespace {

// Of an agent that shows what it was given; its words, a variable and a file name the broker's port.
ScriptRequest brokered(const ShellHost& host, const std::string& task = "task @EPH_PORT@") {
    ScriptRequest request = host.request(task);
    AgentLaunch& launch = request.launch;
    launch.through_broker = true;
    launch.arguments = {"it's", "http://127.0.0.1:@EPH_PORT@/x@EPH_PORT@", "$port"};
    launch.environment = {{"BASE_URL", "http://127.0.0.1:@EPH_PORT@/anthropic"}};
    launch.files = {{"config/models.json", "{\"url\": \"'@EPH_PORT@'\"}"}, {"config/other", "$port"}};
    launch.withheld = {"ANTHROPIC_API_KEY", "OPENAI_API_KEY"};
    return request;
}

std::unique_ptr<Process> ready(const ShellHost& host, const ScriptRequest& request) {
    auto keeper = host.keeper(request);
    REQUIRE(next(*keeper, request).state == State::ready);
    return keeper;
}

}  // namespace

TEST_CASE("words, variables and files of the agent have the broker's port, and its task is as it was") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        ShellHost host(shell);
        host.script("bin/pi",
                    "printf '%s\\n' \"$OPENAI_API_KEY\" \"$@\" \"$BASE_URL\" \"${port-none}\"\n"
                    "cat \"${TMPDIR:-$PWD}/../config/models.json\" \"$(echo " +
                        host.tmp() + "/eph-*/config/other)\"\ncat\n");
        ScriptRequest request = brokered(host);
        request.launch.environment.emplace_back("TMPDIR", request.place.directory() + "/tmp");
        auto keeper = ready(host, request);
        const std::string file = request.place.directory() + "/config/models.json";
        CHECK_FALSE(fs::exists(file));  // not before it can be right
        keeper->write("port 40123\ntok'en $x\n");
        REQUIRE(next(*keeper, request).state == State::armed);
        auto runner = host.runner(request);
        CHECK(runner->output() ==
              "tok'en $x\nit's\nhttp://127.0.0.1:40123/x40123\n$port\nhttp://127.0.0.1:40123/anthropic\nnone\n"
              "{\"url\": \"'40123'\"}$porttask @EPH_PORT@");
        CHECK(runner->errors() == "");
        keeper->close_input();
        CHECK(keeper->wait() == 0);
        CHECK_FALSE(fs::exists(request.place.directory()));
    }
}

TEST_CASE("a runner that is there before the port and the token waits for both") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        ShellHost host(shell);
        host.script("bin/pi",
                    "printf '%s\\n' \"$OPENAI_API_KEY\" \"$BASE_URL\"\ncat \"$HOME\"/../tmp/eph-*/config/m*\n");
        const ScriptRequest request = brokered(host);
        auto keeper = ready(host, request);
        auto runner = host.runner(request);
        REQUIRE(appears(request.place.directory() + "/agent"));
        keeper->write("port 7\n");
        keeper->write("token\n");
        CHECK(runner->output() == "token\nhttp://127.0.0.1:7/anthropic\n{\"url\": \"'7'\"}");
        keeper->close_input();
        CHECK(keeper->wait() == 0);
    }
}

TEST_CASE("a session whose port never comes, or is none, leaves nothing") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        ShellHost host(shell);
        host.script("bin/pi", "true\n");
        for (const std::string said : {"", "port \n", "port 12x\n", "port $(id)\n"}) {
            INFO(said);
            const ScriptRequest request = brokered(host);
            auto keeper = ready(host, request);
            keeper->write(said);
            if (said.empty()) keeper->close_input();
            if (!said.empty()) {
                const KeeperLine line = next(*keeper, request);
                CHECK(line.state == State::error);
                CHECK(line.detail == "eph named no port of the broker");
            }
            CHECK(keeper->wait() == (said.empty() ? 0 : 1));
            CHECK_FALSE(fs::exists(request.place.directory()));
        }
    }
}

TEST_CASE("through the broker the host's proxies are not for the host itself") {
    struct Row {
        Environment given;
        std::string small, large;
    };
    const std::string own = "127.0.0.1,localhost,::1";
    const std::vector<Row> rows{{{}, own, own},
                                {{{"no_proxy", "a.b,.c"}}, "a.b,.c," + own, "a.b,.c," + own},
                                {{{"NO_PROXY", "X"}}, "X," + own, "X," + own},
                                {{{"no_proxy", "x"}, {"NO_PROXY", ""}}, "x," + own, own},
                                {{{"no_proxy", "*"}}, "*", "*"}};
    for (const std::string& shell : posix_shells()) {
        for (const Row& row : rows) {
            INFO(shell << " " << row.small);
            ShellHost host(shell);
            host.script("bin/pi", "printf '%s\\n' \"$no_proxy\" \"$NO_PROXY\"\nenv | grep -c _proxy=\n");
            for (const auto& variable : row.given) host.environment.insert(variable);
            const ScriptRequest request = brokered(host);
            auto keeper = ready(host, request);
            keeper->write("port 1\nt\n");
            auto runner = host.runner(request);
            CHECK(runner->output() == row.small + '\n' + row.large + "\n1\n");
            keeper->close_input();
            CHECK(keeper->wait() == 0);
        }
    }
}

TEST_CASE("a variable that is withheld does not reach the agent, and the token's own is the token") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        ShellHost host(shell);
        host.script("bin/pi", "echo \"${ANTHROPIC_API_KEY-none} $OPENAI_API_KEY\"\n");
        host.environment["ANTHROPIC_API_KEY"] = "real";
        host.environment["OPENAI_API_KEY"] = "real";
        const ScriptRequest request = brokered(host);
        auto keeper = ready(host, request);
        keeper->write("port 1\ntoken\n");
        auto runner = host.runner(request);
        CHECK(runner->output() == "none token\n");
        keeper->close_input();
        CHECK(keeper->wait() == 0);
    }
}

TEST_CASE("without the broker nothing stands for a port") {
    ScriptRequest request{.place = {SessionMark{"abcdefghij0123456789"}}, .launch = {}};
    request.launch.key_variable = "K";
    request.launch.arguments = {"@EPH_PORT@"};
    request.launch.files = {{"x", "@EPH_PORT@"}};
    const std::string input = keeper_input(request);
    CHECK(input.find("put 'x' '@EPH_PORT@'") != input.npos);
    CHECK(input.find("\nreach_this_host\n") == input.npos);
}

TEST_CASE("files have the directory where the agent starts, but not what the person has written") {
    for (const std::string& shell : posix_shells()) {
        INFO(shell);
        ShellHost host(shell);
        host.script("bin/pi", "");
        ScriptRequest request = host.request();
        request.launch.files = {{"config/state", "{\"@EPH_HERE@\": 'x'}"}, {"prompt", "@EPH_HERE@ @EPH_PORT@", true}};
        auto keeper = ready(host, request);
        const std::string directory = request.place.directory();
        CHECK(contents(directory + "/config/state") == "{\"" + fs::canonical(host.home()).string() + "\": 'x'}");
        CHECK(contents(directory + "/prompt") == "@EPH_HERE@ @EPH_PORT@");
        keeper->close_input();
        keeper->wait();
    }
}
