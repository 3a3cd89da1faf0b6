// eph's command line.
#include "client/cli.hpp"

#include "tests/support/error_of.hpp"

using namespace eph;
using namespace eph::test;

namespace {

using Words = std::vector<std::string>;

struct Row {
    Words line;
    std::string_view command;
    Words words;
    std::multimap<std::string, std::string, std::less<>> options;
};

}  // namespace

TEST_CASE("a command line is a host and a task, unless it begins with a command") {
    const Row table[] = {
        {{"web"}, "run", {"web"}, {}},
        {{"web", "fix", "it"}, "run", {"web", "fix", "it"}, {}},
        {{"--ttl", "2h", "web", "fix"}, "run", {"web", "fix"}, {{"--ttl", "2h"}}},
        {{"web", "--ttl=2h", "fix"}, "run", {"web", "fix"}, {{"--ttl", "2h"}}},
        {{"web", "fix", "--ttl", "2h"}, "run", {"web", "fix"}, {{"--ttl", "2h"}}},
        {{"web", "--", "--ttl", "2h"}, "run", {"web", "--ttl", "2h"}, {}},
        {{"--", "status"}, "run", {"status"}, {}},
        {{"run", "status"}, "run", {"status"}, {}},
        {{"run", "--ttl", "2h", "status"}, "run", {"status"}, {{"--ttl", "2h"}}},
        {{"--local", "status"}, "run", {"status"}, {{"--local", ""}}},
        {{"web", "status"}, "run", {"web", "status"}, {}},
        {{"run", "keys", "do", "it"}, "run", {"keys", "do", "it"}, {}},
        {{"web", "explain", "-h"}, "run", {"web", "explain", "-h"}, {}},
        {{"web", "explain", "--help"}, "run", {"web", "explain", "--help"}, {}},
        {{"web", "-"}, "run", {"web", "-"}, {}},
        {{"--local", "fix", "-x"}, "run", {"fix", "-x"}, {{"--local", ""}}},
        {{"status"}, "status", {}, {}},
        {{"status", "--json"}, "status", {}, {{"--json", ""}}},
        {{"stop", "abc"}, "stop", {"abc"}, {}},
        {{"keys", "revoke", "abc"}, "keys revoke", {"abc"}, {}},
        {{"keys", "create", "--ttl", "1h", "bot"}, "keys create", {"bot"}, {{"--ttl", "1h"}}},
        {{"cleanup", "--all"}, "cleanup", {}, {{"--all", ""}}},
        {{"auth", "doctor", "--live"}, "auth doctor", {}, {{"--live", ""}}},
        {{"web", "--task", "-h"}, "run", {"web"}, {{"--task", "-h"}}},
        {{"web", "--task="}, "run", {"web"}, {{"--task", ""}}},
        {{"web", "--task", "a=b"}, "run", {"web"}, {{"--task", "a=b"}}},
        {{"web", "--task=a=b"}, "run", {"web"}, {{"--task", "a=b"}}},
    };
    for (const Row& row : table) {
        std::string line = "eph";
        for (const std::string& word : row.line) line += " " + word;
        INFO(line);
        const Invocation invocation = parse_command_line(row.line);
        REQUIRE(invocation.command != nullptr);
        CHECK(invocation.command->name == row.command);
        CHECK(invocation.arguments.words == row.words);
        CHECK(invocation.arguments.options == row.options);
    }
}

TEST_CASE("-h anywhere before the task explains, and what it explains is what was begun") {
    for (const Words& line :
         {Words{}, Words{"-h"}, Words{"--help"}, Words{"web", "-h"}, Words{"--ttl", "2h", "--help"}}) {
        const Invocation invocation = parse_command_line(line);
        CHECK(invocation.command == nullptr);
        CHECK(invocation.help == overview());
    }
    CHECK(parse_command_line({"keys", "create", "-h"}).help.starts_with("Usage: eph keys create "));
    CHECK(parse_command_line({"--version"}).help == "eph " EPH_VERSION "\n");
}

TEST_CASE("the help names every command and every option of each") {
    for (const Command& command : commands) {
        CHECK(overview().find("  " + std::string{command.name}) != std::string::npos);
        const std::string help = help_for(command);
        for (const Option& option : command.options) {
            INFO(option.name);
            CHECK(help.find(" " + std::string{option.name}) != std::string::npos);
            CHECK(help.find(option.help.substr(0, 12)) != std::string::npos);
        }
    }
}

TEST_CASE("every command has a place in the overview and words of its own") {
    for (const Command& command : commands) {
        INFO(command.name);
        CHECK(brief_of(command).size() <= 48);  // its line of the overview
        CHECK(prose_of(command).command == command.name);
        if (command.name != "help") CHECK(!prose_of(command).about.empty());
    }
}

TEST_CASE("no words stand without a command, and none twice") {
    for (std::size_t i = 0; i < all_prose.size(); ++i) {
        INFO(all_prose[i].command);
        CHECK(find_command(all_prose[i].command) != nullptr);
        for (std::size_t j = 0; j < i; ++j) CHECK(all_prose[i].command != all_prose[j].command);
    }
}

TEST_CASE("what the examples show can be parsed") {
    for (const Prose& prose : all_prose) {
        for (const Example& example : prose.examples) {
            INFO(example.line);
            const std::size_t at = example.line.find("eph ");
            REQUIRE(at != example.line.npos);
            Words words;  // as far as a shell would take them for eph's
            std::string line{example.line.substr(at + 4)};
            line = line.substr(0, line.find_first_of("|>)"));
            for (std::size_t i = 0; i < line.size();) {
                if (line[i] == ' ') {
                    ++i;
                    continue;
                }
                const bool quoted = line[i] == '"';
                const std::size_t end = std::min(line.find(quoted ? '"' : ' ', i + 1), line.size());
                words.push_back(line.substr(i + quoted, end - i - quoted));
                i = end + 1;
            }
            const Invocation invocation = parse_command_line(words);
            REQUIRE(invocation.command != nullptr);
            CHECK(invocation.command->name == prose.command);
        }
    }
}

TEST_CASE("columns stand one below the other, and no line of the help is wider than a terminal") {
    CHECK(wrapped("one two", 2) == "  one two\n");
    CHECK(wrapped(std::string(50, 'a') + " " + std::string(40, 'b'), 0) ==
          std::string(50, 'a') + "\n" + std::string(40, 'b') + "\n");
    CHECK(wrapped("first\nsecond", 1) == " first\n\n second\n");
    CHECK(wrapped("", 4).empty());
    const auto widest = [](const std::string& text) {
        std::size_t width = 0;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = text.find('\n', at);
            width = std::max(width, end - at);
            at = end + 1;
        }
        return width;
    };
    CHECK(widest(overview()) <= 80);
    for (const Command& command : commands) {
        const std::string help = help_for(command);
        INFO(help);
        CHECK(widest(help.substr(0, help.find("\nExamples:") + 1)) <= 80);
    }
}

TEST_CASE("the first word of several commands has a help of its own") {
    for (const char* asked : {"-h", "--help"}) {
        const Invocation invocation = parse_command_line({"keys", asked});
        CHECK(invocation.command == nullptr);
        CHECK(invocation.help == help_for_group("keys"));
    }
    for (const char* each : {"  keys create [label] ", "  keys list ", "  keys revoke <key...>  "})
        CHECK(help_for_group("keys").find(each) != std::string::npos);
    CHECK(help_for_group("daemon").find("  keys ") == std::string::npos);
}

TEST_CASE("what is wrong on a command line is named") {
    const std::pair<Words, const char*> table[] = {
        {{"--nonsense", "web"}, "the option --nonsense is not known"},
        {{"web", "--nonsense"}, "the option --nonsense is not known"},
        {{"-x"}, "the option -x is not known"},
        {{"web", "--ttl"}, "--ttl needs a value: "},
        {{"status", "--json=yes"}, "--json takes no value"},
        {{"status", "extra"}, "'extra' is one word too many"},
        {{"stop"}, "eph stop needs "},
        {{"stop", ""}, "a word given to eph stop is empty"},
        {{"extend", "", "30m"}, "a word given to eph extend is empty"},
        {{"keys", "revoke", "a", ""}, "a word given to eph keys revoke is empty"},
        {{"keys"}, "eph keys needs one of: "},
        {{"keys", "nonsense"}, "eph keys needs one of: "},
        {{"--ttl", "2h"}, "eph run needs "},
        {{"--account", "work", "cleanup"}, "'cleanup' is a command of eph, and stands behind an option"},
        {{"--ttl", "2h", "keys", "list"}, "'keys' is a command of eph, and stands behind an option"},
        {{"--\x1b[2J"}, "the option --[2J is not known"},
    };
    for (const auto& [line, message] : table) {
        const Error error = error_of([&, &words = line] { parse_command_line(words); });
        CHECK(error.code() == Code::usage);
        CHECK_THAT(error.message(), Catch::Matchers::StartsWith(message));
    }
}
