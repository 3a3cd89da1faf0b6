// Parsing of eph's command line.
#include "client/cli.hpp"

#include <algorithm>

#include "common/error.hpp"
#include "common/text.hpp"

namespace eph {

const Command* find_command(std::string_view name) {
    const auto found =
        std::find_if(commands.begin(), commands.end(), [&](const Command& each) { return each.name == name; });
    return found == commands.end() ? nullptr : &*found;
}

bool is_command_group(std::string_view name) {
    return std::any_of(commands.begin(), commands.end(), [&](const Command& each) {
        return each.name.starts_with(name) && each.name.substr(name.size(), 1) == " ";
    });
}

const Option* find_option(const Command& command, std::string_view name) {
    const auto found = std::find_if(command.options.begin(), command.options.end(), [&](const Option& each) {
        return each.name == name || (name.size() == 2 && name[0] == '-' && name[1] == each.letter);
    });
    return found == command.options.end() ? nullptr : &*found;
}

namespace {

// Takes the command's name off the front of `words`; a first word that is no command is a host.
const Command& take_command(std::vector<std::string>& words) {
    const auto front = std::find_if(words.begin(), words.end(),
                                    [](const std::string& word) { return !word.starts_with('-') || word == "--"; });
    if (front != words.begin() || words.empty()) return *find_command("run");
    if (is_command_group(words[0])) {
        const std::string group = words[0];
        const Command* found = words.size() > 1 ? find_command(group + " " + words[1]) : nullptr;
        if (found == nullptr) {
            std::string known;
            for (const Command& each : commands) {
                if (each.name.starts_with(group + " "))
                    known += (known.empty() ? "" : ", ") + std::string{each.name.substr(group.size() + 1)};
            }
            throw Error{Code::usage, "eph {} needs one of: {}", group, known}.hint("A host of that name: eph run " +
                                                                                   group);
        }
        words.erase(words.begin(), words.begin() + 2);
        return *found;
    }
    if (const Command* found = find_command(words[0])) {
        words.erase(words.begin());
        return *found;
    }
    return *find_command("run");
}

Error unknown_option(const Command& command, std::string_view word) {
    return Error{Code::usage, "the option {} is not known", printable(word, 80)}.hint(
        command.name == "run" ? "See eph --help; words that look like options go behind --."
                              : fmt::format("See eph {} --help.", command.name));
}

// It would be taken for a host, which is rarely meant.
Error late_command(const std::string& word) {
    return Error{Code::usage, "'{}' is a command of eph, and stands behind an option", word}.hint(
        fmt::format("The command comes first: eph {} --option; a host of that name: eph run {}", word, word));
}

// `index` stands on the option's word and moves on to its value if that is a word of its own.
void take_option(const Command& command, const std::vector<std::string>& words, std::size_t& index,
                 Arguments& arguments) {
    const std::string& word = words[index];
    const std::size_t equals = word.find('=');
    const Option* option = find_option(command, std::string_view{word}.substr(0, equals));
    if (option == nullptr) throw unknown_option(command, word);
    const std::string name{option->name};
    if (!option->repeats) arguments.options.erase(name);
    if (option->value.empty()) {
        if (equals != word.npos) throw Error{Code::usage, "{} takes no value", name};
        arguments.options.emplace(name, "");
        return;
    }
    if (equals == word.npos && index + 1 == words.size())
        throw Error{Code::usage, "{} needs a value: {}", name, option->value};
    arguments.options.emplace(name, equals == word.npos ? words[++index] : word.substr(equals + 1));
}

}  // namespace

std::optional<std::string> Arguments::value(std::string_view name) const {
    const std::vector<std::string> given = values(name);
    if (given.empty()) return std::nullopt;
    return given.back();
}

std::vector<std::string> Arguments::values(std::string_view name) const {
    std::vector<std::string> given;
    const auto [first, last] = options.equal_range(name);
    for (auto each = first; each != last; ++each) given.push_back(each->second);
    return given;
}

Invocation parse_command_line(std::vector<std::string> words) {
    Invocation invocation;
    if (words.empty()) {
        invocation.help = overview();
        return invocation;
    }
    if (is_command_group(words[0]) && words.size() > 1 && (words[1] == "-h" || words[1] == "--help")) {
        invocation.help = help_for_group(words[0]);
        return invocation;
    }
    const bool by_host = find_command(words[0]) == nullptr && !is_command_group(words[0]);
    const Command& command = take_command(words);
    const bool session = command.tail != Tail::none;  // a host, and free text behind it
    Arguments arguments;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        const std::size_t hosts = arguments.has("--local") ? 0 : 1;
        const bool in_task = session && arguments.words.size() > hosts;
        const bool others = command.tail == Tail::command && arguments.words.size() == hosts && !word.starts_with('-');
        if (word == "--" || others) {
            const auto rest = words.begin() + static_cast<std::ptrdiff_t>(others ? i : i + 1);
            arguments.words.insert(arguments.words.end(), rest, words.end());
            break;
        }
        if ((word == "-h" || word == "--help") && !in_task) {
            invocation.help = by_host ? overview() : help_for(command);
            return invocation;
        }
        if (word == "--version" && !in_task && by_host) {
            invocation.help = "eph " EPH_VERSION "\n";
            return invocation;
        }
        if (word.starts_with("--") && !(in_task && word == "--help")) {
            take_option(command, words, i, arguments);
        } else if (word.size() > 1 && word.starts_with('-') && !in_task) {
            take_option(command, words, i, arguments);
        } else {
            const bool host = by_host && hosts == 1 && arguments.words.empty();
            if (host && (find_command(word) != nullptr || is_command_group(word))) throw late_command(word);
            arguments.words.push_back(word);
        }
    }
    if (arguments.words.size() > command.most_words) {
        throw Error{Code::usage, "'{}' is one word too many", printable(arguments.words[command.most_words], 80)}.hint(
            fmt::format("See eph {} --help.", command.name));
    }
    const std::size_t least = command.least_words - (session && arguments.has("--local") ? 1 : 0);
    if (arguments.words.size() < least) {
        throw Error{Code::usage, "eph {} needs {}", command.name, command.words}.hint(
            fmt::format("See eph {} --help.", command.name));
    }
    const bool names_one = command.names == Names::session || command.names == Names::key;
    if (names_one && std::count(arguments.words.begin(), arguments.words.end(), "") > 0) {
        throw Error{Code::usage, "a word given to eph {} is empty", command.name}.hint(
            "Perhaps a variable of your shell is not set.");
    }
    invocation.command = &command;
    invocation.arguments = std::move(arguments);
    return invocation;
}

}  // namespace eph
