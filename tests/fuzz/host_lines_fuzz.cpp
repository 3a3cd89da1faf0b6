// What a host prints, read line by line as eph reads its keeper and its installation; and what systemctl and launchctl
// print.
#include "client/remote/install.hpp"
#include "client/remote/script.hpp"
#include "client/services/service_text.hpp"
#include "client/services/systemctl_text.hpp"
#include "client/session/host_status.hpp"
#include "common/error.hpp"
#include "tests/fuzz/support/fuzz.hpp"

namespace eph::fuzz {
namespace {

const SessionMark mark{"abcdefghij0123456789"};

void line_of_host(std::string_view line) {
    const auto said = parse_marked_line(line, mark);
    if (said) must(line.find(mark.text()) != line.npos, "only who knows the mark is believed", line);
    if (said) must(said->word.find(' ') == said->word.npos, "a word is one word", line);
    if (const auto keeper = parse_keeper_line(line, mark))
        must(keeper->detail == said->detail, "with its detail", line);
    if (const auto install = parse_install_line(line, mark))
        must(install->detail == said->detail, "with its detail", line);
}

// The host's name comes from a person's configuration; the file is read by a program there.
void status_lines(std::string_view text) {
    for (const std::string& line : {live_line(text, std::chrono::seconds{90}), over_line(text, text)}) {
        must(line.find('\n') == line.size() - 1, "a status is one line", line);
        must(line.starts_with("status {"), "of JSON", line);
    }
}

void texts_for_shells(std::string_view text) {
    try {
        check_version(std::string{text});
        must(text.find_first_of(" '\"$`\\\n;|&<>()") == text.npos, "a version is nothing to a shell", text);
    } catch (const Error& error) {
        must(error.code() == Code::usage, "a version that is none is a person's mistake", text);
        must_be_printable(error.message());
    }
    if (text.find_first_of("\n\0") == text.npos && !text.empty()) (void)unit_program(text);
}

}  // namespace

void one(std::string_view input) {
    for (const auto& [name, value] : properties(input))
        must(value.find('\n') == value.npos, "a property is a line", input);
    for (const auto& [name, value] : launchd_properties(input)) (void)value;
    status_lines(input);
    while (!input.empty()) {
        const std::string_view line = take_line(input);
        line_of_host(line);
        texts_for_shells(line);
        (void)program_of(line);
        must(pid_in(line) >= 0, "a process has a number", line);
    }
}

}  // namespace eph::fuzz
