// What --help prints, from the table of commands.
#include <algorithm>
#include <array>
#include <cctype>

#include "client/cli.hpp"
#include "common/reference.hpp"

namespace eph {
namespace {

constexpr std::size_t line_width = 80;
constexpr std::size_t widest_left = 30;  // what is longer stands on a line of its own

struct Line {
    std::string left;
    std::string_view right;
};

std::size_t width_of(const std::vector<Line>& lines) {
    std::size_t width = 0;
    for (const Line& line : lines) {
        if (line.left.size() <= widest_left) width = std::max(width, line.left.size());
    }
    return width;
}

std::string columns(const std::vector<Line>& lines, std::size_t left) {
    const std::size_t indent = 2 + left + 2;
    std::string text;
    for (const Line& line : lines) {
        const std::string right = wrapped(line.right, indent);
        if (line.left.size() > left) {
            text += fmt::format("  {}\n{}", line.left, right);
        } else {
            text += fmt::format("  {:<{}}  {}", line.left, left, std::string_view{right}.substr(indent));
        }
    }
    return text;
}

void add_options(std::vector<Line>& lines, std::span<const Option> options) {
    const bool letters = std::any_of(options.begin(), options.end(), [](const Option& each) { return each.letter; });
    for (const Option& each : options) {
        const std::string letter = each.letter ? fmt::format("-{}, ", each.letter) : letters ? "    " : "";
        lines.push_back(
            {fmt::format("{}{}{}{}", letter, each.name, each.value.empty() ? "" : " ", each.value), each.help});
    }
}

std::string columns(const std::vector<Line>& lines) { return columns(lines, width_of(lines)); }

// All groups in the same columns.
std::string groups() {
    constexpr std::array all{Group::sessions, Group::keys, Group::accounts, Group::service, Group::more};
    std::array<std::vector<Line>, all.size()> lines;
    std::size_t width = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (const Command& each : commands) {
            if (prose_of(each).group != all[i]) continue;
            lines[i].push_back(
                {fmt::format("{}{}{}", each.name, each.words.empty() ? "" : " ", each.words), brief_of(each)});
        }
        width = std::max(width, width_of(lines[i]));
    }
    std::string text;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!lines[i].empty()) text += fmt::format("\n{}:\n{}", group_title(all[i]), columns(lines[i], width));
    }
    return text;
}

}  // namespace

const Prose& prose_of(const Command& command) {
    static constexpr Prose none{"", Group::more, "", {}};
    const auto found = std::find_if(all_prose.begin(), all_prose.end(),
                                    [&](const Prose& each) { return each.command == command.name; });
    return found == all_prose.end() ? none : *found;
}

std::string_view group_title(Group group) {
    switch (group) {
        case Group::sessions:
            return "Sessions";
        case Group::keys:
            return "Keys";
        case Group::accounts:
            return "Accounts";
        case Group::service:
            return "Service";
        case Group::more:
            return "More";
    }
    return {};
}

std::string_view brief_of(const Command& command) { return command.summary.substr(0, command.summary.find('\n')); }

std::string sentences_of(const Command& command) {
    std::string text{brief_of(command)};
    if (!text.starts_with("eph"))  // a program keeps its name
        text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    if (!text.ends_with('.')) text += ".";
    std::string rest{command.summary.substr(brief_of(command).size())};
    std::replace(rest.begin() + (rest.empty() ? 0 : 1), rest.end(), '\n', ' ');
    return text + rest;
}

std::string synopsis(const Command& command) {
    return fmt::format("eph {}{}{}{}", command.name, command.options.empty() ? "" : " [options]",
                       command.words.empty() ? "" : " ", command.words);
}

std::string wrapped(std::string_view text, std::size_t indent) {
    const std::string margin(indent, ' ');
    std::string result;
    std::string line;
    const auto end_line = [&] {
        if (!line.empty()) result += margin + line + "\n";
        line.clear();
    };
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
        const std::string_view word = text.substr(0, end);
        if (!line.empty() && indent + line.size() + 1 + word.size() > line_width) end_line();
        line += (line.empty() || word.empty() ? "" : " ") + std::string{word};
        if (end < text.size() && text[end] == '\n') {
            end_line();
            result += "\n";
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    end_line();
    return result;
}

std::string help_for(const Command& command) {
    const Prose& prose = prose_of(command);
    std::string text = fmt::format("Usage: {}\n\n{}", synopsis(command), wrapped(sentences_of(command), 0));
    if (!prose.about.empty()) text += "\n" + wrapped(prose.about, 0);
    std::vector<Line> options;
    add_options(options, command.options);
    if (!options.empty()) text += "\nOptions:\n" + columns(options);
    if (!prose.examples.empty()) text += "\nExamples:\n";
    for (const Example& each : prose.examples) text += fmt::format("  {}\n{}", each.line, wrapped(each.what, 6));
    return text;
}

std::string help_for_group(std::string_view group) {
    std::vector<Line> lines;
    for (const Command& each : commands) {
        if (each.name.starts_with(fmt::format("{} ", group)))
            lines.push_back(
                {fmt::format("{}{}{}", each.name, each.words.empty() ? "" : " ", each.words), brief_of(each)});
    }
    return fmt::format("Usage: eph {} <command> [options] [...]\n\n{}\nMore: eph {} <command> --help\n", group,
                       columns(lines), group);
}

std::string overview() {
    std::string text =
        "eph runs an AI agent on a remote host with a key that dies with the session.\n\n"
        "Usage:\n"
        "  eph [options] <host> [task...]   a session there; without a task Pi asks\n"
        "  eph [options] --local [task...]  here, without ssh\n"
        "  eph <command> [options] [...]    for a host named like a command: eph run\n";
    text += groups();
    std::vector<Line> options;
    add_options(options, find_command("run")->options);
    options.push_back({"-h, --help", "this help; after a command, that command's"});
    options.push_back({"--version", "eph's version"});
    options.push_back({"--", "all that follows is the host and the task"});
    text += "\nOptions of a session:\n" + columns(options);
    std::vector<Line> variables;
    for (const reference::Variable& each : reference::variables) {
        if (reference::reads(each.reader, reference::Program::eph))
            variables.push_back({std::string{each.names}, each.brief});
    }
    text += "\nEnvironment:\n" + columns(variables);
    std::vector<Line> statuses;
    for (const reference::ExitStatus& each : reference::exit_statuses) {
        statuses.push_back({std::string{each.status}, each.meaning});
    }
    text += "\nExit status:\n" + columns(statuses);
    return text + "\nMore: man eph, man eph-config; eph <command> --help\n";
}

}  // namespace eph
