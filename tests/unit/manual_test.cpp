// The manual pages and docs/errors.md say what the code does.
#include <map>
#include <regex>

#include "client/cli.hpp"
#include "common/reference.hpp"
#include "daemon/options.hpp"
#include "docs/manual/pages.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_directory.hpp"

using namespace eph;
using namespace eph::test;
namespace fs = std::filesystem;

namespace {

const fs::path source = EPH_SOURCE_DIR;

// As a reader sees it: without the escapes of roff.
std::string plain(const std::string& page) {
    std::string text = std::regex_replace(page, std::regex{R"(\\-)"}, "-");
    text = std::regex_replace(text, std::regex{R"(\\\(ti)"}, "~");
    text = std::regex_replace(text, std::regex{R"(\\\(aq)"}, "'");
    return std::regex_replace(text, std::regex{"\n"}, " ");
}

}  // namespace

TEST_CASE("docs/errors.md is what the tables give") {
    INFO("Write it again: build/dev/bin/eph-manual errors.md >docs/errors.md");
    CHECK(read_file(source / "docs/errors.md") == manual::errors_markdown());
}

TEST_CASE("every error code is explained, in the order of the enum") {
    REQUIRE(reference::error_codes.size() == static_cast<std::size_t>(Code::internal) + 1);
    for (std::size_t i = 0; i < reference::error_codes.size(); ++i) {
        const reference::ErrorCode& each = reference::error_codes[i];
        CHECK(each.code == static_cast<Code>(i));
        CHECK(code_from_name(code_name(each.code)) == each.code);
        CHECK_FALSE(each.when.empty());
        CHECK_FALSE(each.remedy.empty());
        const std::string status = std::to_string(exit_status(each.code));
        const auto& all = reference::exit_statuses;
        CHECK(std::any_of(all.begin(), all.end(), [&](const auto& known) { return known.status == status; }));
    }
}

TEST_CASE("every variable of eph's own that the code reads is in the manual") {
    const std::regex reading{R"re("((?:EPH|OPENAI|XDG|HTTPS|NO|SSL|CREDENTIALS)_[A-Z_]+)")re"};
    const std::string others =  // the agent's
        " OPENAI_API_KEY OPENAI_BASE_URL EPH_TOKEN EPH_SESSION EPH_BASE_URL XDG_DATA_HOME XDG_CACHE_HOME ";
    std::string known;
    for (const reference::Variable& each : reference::variables) known += fmt::format(" {},", each.names);
    int readings = 0;
    for (const char* directory : {"common", "client", "daemon"}) {
        for (const auto& file : fs::recursive_directory_iterator{source / directory}) {
            if (file.path().extension() != ".cpp") continue;
            const std::string text = read_file(file.path());
            for (std::sregex_iterator each{text.begin(), text.end(), reading}, end; each != end; ++each) {
                ++readings;
                const std::string name = (*each)[1];
                INFO(file.path().string() << " reads " << name);
                CHECK((known.find(" " + name + ",") != known.npos || others.find(" " + name + " ") != others.npos));
            }
        }
    }
    CHECK(readings > 5);
}

TEST_CASE("the manual names every command, option, variable and status") {
    const std::string eph = plain(manual::eph_page());
    for (const Command& command : commands) {
        INFO(command.name);
        CHECK(eph.find(synopsis(command)) != eph.npos);
        for (const Option& option : command.options) {
            INFO(option.name);
            CHECK(eph.find(std::string{option.name}) != eph.npos);
        }
    }
    for (const reference::ExitStatus& each : reference::exit_statuses) {
        INFO(each.status);
        CHECK(eph.find(".B \"" + std::string{each.status} + "\"") != eph.npos);
    }
    const std::string ephd = plain(manual::ephd_page());
    const std::vector<OptionText> options = describe_options();
    CHECK(options.size() >= 7);
    for (const OptionText& each : options) {
        INFO(each.names);
        CHECK(ephd.find(each.help) != ephd.npos);
    }
    for (const reference::Variable& each : reference::variables) {
        INFO(each.names);
        const std::string& page = each.reader == reference::Program::ephd ? ephd : eph;
        CHECK(page.find(".B \"" + std::string{each.names} + "\"") != page.npos);
    }
}

TEST_CASE("groff and mandoc find nothing wrong with the pages") {
    const TempDirectory directory;
    const std::pair<const char*, std::string> pages[] = {
        {"eph.1", manual::eph_page()}, {"ephd.8", manual::ephd_page()}, {"eph-config.5", manual::config_page()}};
    int checked = 0;
    for (const auto& [name, text] : pages) {
        INFO(name);
        write_file(directory / name, text);
        const std::vector<std::string> checkers[] = {{"/usr/bin/groff", "-man", "-ww", "-z"},
                                                     {"/usr/bin/mandoc", "-Tlint", "-Wwarning"}};
        for (std::vector<std::string> checker : checkers) {
            if (!fs::exists(checker[0])) continue;
            ++checked;
            checker.push_back(directory / name);
            Process process{checker, {{"PATH", "/usr/bin:/bin"}}, directory.path()};
            process.close_input();
            CHECK(process.output() == "");
            CHECK(process.errors() == "");
            CHECK(process.wait() == 0);
        }
    }
    if (checked == 0 && std::getenv("CI") != nullptr) FAIL("neither groff nor mandoc is installed");
    if (checked == 0) WARN("neither groff nor mandoc is installed: the pages are not checked");
}

// The linker takes one of two inline functions of the same name, whichever it meets first: a crash that no compiler
// sees.
TEST_CASE("no two types of one program have the same name") {
    const std::regex type{R"re(^(?:struct|class|enum class) ([A-Z]\w+)(?: final)?(?: : [^;]*)? \{$)re",
                          std::regex::multiline};
    for (const char* program : {"daemon", "client"}) {
        std::map<std::string, fs::path> found;
        for (const char* directory : {"common", program}) {
            for (const auto& file : fs::recursive_directory_iterator{source / directory}) {
                // The types of the local API's documents have a name space of their own.
                if (file.path().extension() != ".hpp" || file.path().stem().string().starts_with("wire")) continue;
                const std::string text = read_file(file.path());
                for (std::sregex_iterator each{text.begin(), text.end(), type}, end; each != end; ++each) {
                    const std::string name = (*each)[1];
                    INFO(name << " in " << file.path() << " and " << found[name]);
                    CHECK(found[name].empty());
                    found[name] = file.path();
                }
            }
        }
        CHECK(found.size() > 20);
    }
}

TEST_CASE("each test that SECURITY.md names is there") {
    std::string tests;
    for (const auto& file : fs::recursive_directory_iterator{source / "tests"}) {
        if (file.path().filename().string().ends_with("_test.cpp")) tests += read_file(file.path());
    }
    const std::string text = read_file(source / "SECURITY.md");
    const std::regex row{R"re(^\| \d+ \| [^|]* \| (.*) \|$)re", std::regex::multiline};
    const std::regex held_by{R"re("([^"*]+)\*?"|`\[#(\w+)\]`)re"};
    int found = 0;
    for (std::sregex_iterator each{text.begin(), text.end(), row}, end; each != end; ++each) {
        const std::string cell = (*each)[1];
        for (std::sregex_iterator one{cell.begin(), cell.end(), held_by}; one != end; ++one, ++found) {
            const std::string name = (*one)[1];
            const std::string file = (*one)[2];
            INFO(one->str());
            CHECK((name.empty() ? fs::exists(source / "tests/integration" / (file + ".cpp"))
                                : tests.find('"' + name) != std::string::npos));
        }
    }
    CHECK(found > 20);
}
