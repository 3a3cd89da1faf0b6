// What a host prints, read line by line as eph reads its keeper and its installation; and what systemctl and launchctl
// print.
#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "client/remote/child.hpp"
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

Task<void> read_lines(Pipe& pipe, std::vector<std::string>& lines) {
    std::string buffer;
    while (auto line = co_await read_line(pipe, buffer)) lines.push_back(std::move(*line));
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) lines.emplace_back(take_line(text));
    return lines;
}

// The same lines, read from ssh's output as it comes.
void output_in_pieces(std::string_view text) {
    if (text.size() > 32 * 1024) return;  // of a longer line its end counts alone
    int ends[2];
    must(pipe2(ends, O_CLOEXEC) == 0, "there are pipes");
    asio::io_context io{1};
    Pipe pipe{io, ends[0]};
    std::vector<std::string> lines;
    asio::co_spawn(io, read_lines(pipe, lines), asio::detached);
    in_pieces(text, [&](std::string_view piece) {
        must(write(ends[1], piece.data(), piece.size()) == static_cast<ssize_t>(piece.size()), "a pipe takes it");
        io.poll();
    });
    ::close(ends[1]);
    io.poll();
    must(lines == lines_of(text), "lines do not depend on how they came", text);
}

}  // namespace

void one(std::string_view input) {
    output_in_pieces(input);
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
