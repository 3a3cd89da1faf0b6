// What eph builds for the shell, and how it reads the keeper: pure functions, and the real shells as the judges.
#include "client/remote/script.hpp"

#include <map>

#include "client/agents/command.hpp"
#include "client/agents/pi.hpp"
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
    ScriptRequest request{.place = {mark}, .launch = pi_launch({}, {.directory = "/tmp/x"})};
    request.launch.task = std::string("a\0b", 3);
    CHECK_THROWS_WITH(keeper_input(request), "the task or an option holds a NUL character, which cannot be sent");
}

TEST_CASE("Pi without a terminal prints and has the task as its stdin") {
    const AgentLaunch launch = pi_launch({.model = "gpt-5", .thinking = "high", .task = "-x"},
                                         {.directory = "/tmp/d", .base_url = "http://127.0.0.1:9/v1"});
    CHECK(launch.arguments == std::vector<std::string>{"--no-session", "--provider", "openai", "--model", "gpt-5",
                                                       "--thinking", "high", "-p"});
    CHECK(launch.task_by == TaskBy::stream);
    CHECK(launch.key_variable == "OPENAI_API_KEY");
    CHECK_FALSE(launch.shows_status);
    REQUIRE(launch.files.size() == 1);
    CHECK(launch.files[0].path == "config/models.json");
    CHECK(launch.files[0].content == R"({"providers":{"openai":{"baseUrl":"http://127.0.0.1:9/v1"}}})");
}

TEST_CASE("Pi with a terminal gets its extension, and the task in a file") {
    const AgentLaunch launch = pi_launch({.task = "x"}, {.directory = "/tmp/d", .interactive = true});
    CHECK(launch.arguments == std::vector<std::string>{"--no-session", "--provider", "openai"});
    CHECK(launch.task_by == TaskBy::file);
    CHECK(launch.shows_status);
    REQUIRE(launch.files.size() == 1);
    CHECK(launch.files[0].path == "config/extensions/eph.ts");
    CHECK(launch.files[0].content.find("//") == std::string::npos);
    CHECK(launch.files[0].content.find("setStatus(\"eph\"") != std::string::npos);
}

TEST_CASE("Pi by npx keeps all that npm writes in the session's directory") {
    const AgentLaunch newest = pi_launch({.npx = ""}, {.directory = "/tmp/d", .host = "web"});
    CHECK(newest.agent.executable == "npx");
    CHECK(newest.arguments == std::vector<std::string>{"--yes", "--package=@earendil-works/pi-coding-agent", "--", "pi",
                                                       "--no-session", "--provider", "openai", "-p"});
    const std::map<std::string, std::string> settings{newest.environment.begin(), newest.environment.end()};
    CHECK(settings.at("npm_config_cache") == "/tmp/d/npm");
    CHECK(settings.at("npm_config_logs_dir") == "/tmp/d/npm/logs");
    CHECK_FALSE(settings.contains("npm_config_userconfig"));
    const AgentLaunch pinned = pi_launch({.npx = "0.87.1"}, {.directory = "/tmp/d", .host = "web"});
    CHECK(pinned.arguments.at(1) == "--package=@earendil-works/pi-coding-agent@0.87.1");
}

TEST_CASE("what is missing on a host is named, with what to do about it there") {
    struct Row {
        PiOptions options;
        std::string host, sought, hint;
    };
    const std::vector<Row> rows{
        {{}, "web", "Pi", "Install it there with: eph install-pi web, or run it without installing it: --npx"},
        {{}, "", "Pi", "Install it with: curl -fsSL https://pi.dev/install.sh | sh, or use --npx."},
        {{.npx = ""}, "web", "npx", "Install Pi there with: eph install-pi web"},
        {{.npx = ""}, "", "npx", "Install Node.js, which has it, or Pi itself: see pi.dev."},
        {{.path = "~/x\n"}, "web", "~/x", ""},
    };
    for (const Row& row : rows) {
        const AgentLaunch launch = pi_launch(row.options, {.directory = "/tmp/d", .host = row.host});
        CHECK(launch.sought == row.sought);
        CHECK(launch.install_hint == row.hint);
    }
}

TEST_CASE("Pi is told where the broker is in the way that it knows each provider") {
    const auto settings = [](const std::string& provider, LaunchPlace place, std::optional<std::string> model = {}) {
        place.broker = true;
        place.base_url = "http://127.0.0.1:@EPH_PORT@/" + provider + (place.family == ApiFamily::openai ? "/v1" : "");
        return pi_launch({.provider = provider, .model = std::move(model)}, place).files.at(0).content;
    };
    const LaunchPlace at{.directory = "/tmp/d"};
    LaunchPlace anthropic = at, google = at, lab = at;
    anthropic.family = ApiFamily::anthropic;
    google.family = ApiFamily::google;
    lab.key_variable = "LAB_KEY";
    CHECK(settings("groq", at) == R"({"providers":{"groq":{"baseUrl":"http://127.0.0.1:@EPH_PORT@/groq/v1"}}})");
    CHECK(settings("anthropic", anthropic) ==
          R"({"providers":{"anthropic":{"baseUrl":"http://127.0.0.1:@EPH_PORT@/anthropic"}}})");
    CHECK(settings("google", google) ==
          R"({"providers":{"google":{"baseUrl":"http://127.0.0.1:@EPH_PORT@/google/v1beta"}}})");
    CHECK(settings("mistral", at) == R"({"providers":{"mistral":{"baseUrl":"http://127.0.0.1:@EPH_PORT@/mistral"}}})");
    CHECK(settings("ollama", at, "qwen3") ==
          R"({"providers":{"ollama":{"api":"openai-completions","apiKey":"$OLLAMA_API_KEY",)"
          R"("baseUrl":"http://127.0.0.1:@EPH_PORT@/ollama/v1","models":[{"id":"qwen3"}]}}})");
    CHECK(settings("my-lab", lab, "m").find(R"("apiKey":"$LAB_KEY")") != std::string::npos);
    CHECK_THROWS_WITH(settings("ollama", at), "Pi does not know the models of ollama");
}

TEST_CASE("a command through the broker has its base URL where its provider's programs look, and in EPH_BASE_URL") {
    using Settings = std::vector<std::pair<std::string, std::string>>;
    LaunchPlace place{.directory = "/tmp/d", .base_url = "http://127.0.0.1:@EPH_PORT@/x"};
    place.broker = true;
    const AgentLaunch claude = command_launch({.words = {"c"}, .key_variable = "", .provider = "anthropic"}, place);
    CHECK(claude.environment == Settings{{"ANTHROPIC_BASE_URL", *place.base_url}, {"EPH_BASE_URL", *place.base_url}});
    CHECK(claude.key_variable == "ANTHROPIC_API_KEY");
    const AgentLaunch groq = command_launch({.words = {"c"}, .key_variable = "", .provider = "groq"}, place);
    CHECK(groq.environment == Settings{{"EPH_BASE_URL", *place.base_url}});
}

TEST_CASE("each provider has the variable where agents look for its key") {
    const std::pair<const char*, const char*> rows[] = {{"openai", "OPENAI_API_KEY"},
                                                        {"anthropic", "ANTHROPIC_API_KEY"},
                                                        {"google", "GEMINI_API_KEY"},
                                                        {"huggingface", "HF_TOKEN"}};
    for (const auto& [provider, variable] : rows) {
        CHECK(pi_launch({.provider = provider}, {.directory = "/tmp/d"}).key_variable == variable);
    }
    CHECK_THROWS_WITH(pi_launch({.provider = "acme"}, {}), "the provider 'acme' is not known");
}

TEST_CASE("a command gets the key, the provider's address where it is not the usual one, and nothing else") {
    const CommandOptions options{.words = {"df", "-h", "it's"}, .key_variable = "TF_VAR_key"};
    const AgentLaunch launch = command_launch(options, {.directory = "/tmp/d", .host = "web"});
    CHECK(launch.agent.name == "df");
    CHECK(launch.path == "df");
    CHECK(launch.arguments == std::vector<std::string>{"-h", "it's"});
    CHECK(launch.key_variable == "TF_VAR_key");
    CHECK(launch.environment.empty());
    CHECK(launch.directories.empty());
    CHECK(launch.files.empty());
    const AgentLaunch elsewhere = command_launch(options, {.base_url = "https://eu.example/v1"});
    CHECK(elsewhere.environment ==
          std::vector<std::pair<std::string, std::string>>{{"OPENAI_BASE_URL", "https://eu.example/v1"}});
}

TEST_CASE("a variable that programs, shells or eph need for something else cannot hold the key") {
    for (const char* good : {"OPENAI_API_KEY", "K", "_x", "TF_VAR_openai_key", "A1"})
        CHECK(fault_of_variable(good) == "");
    CHECK(fault_of_variable("") == "it is empty");
    for (const char* bad : {"1A", "A-B", "A B", "A=B", "É", "A\n"})
        CHECK(fault_of_variable(bad) == "it may hold letters, digits and _ alone, and not begin with a digit");
    for (const char* taken : {"PATH", "HOME", "IFS", "LD_PRELOAD", "DYLD_X", "EPH_SESSION", "BASH_ENV", "secret", "id"})
        CHECK(fault_of_variable(taken) == "it means something else to a shell, to programs or to eph");
}
