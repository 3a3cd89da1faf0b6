// eph's command line: one table of commands and options, from which parsing and --help both come.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eph {

// What a word or an option's value names, so that a shell can complete it.
enum class Names { nothing, host, session, key, account, file, provider, store, command, shell, level, via, agent };

struct Option {
    std::string_view name;   // "--ttl"
    std::string_view value;  // what it takes, as the help says it; "" for a flag
    std::string_view help;
    char letter = '\0';  // 'f' for -f; none for most
    Names names = Names::nothing;
    bool repeats = false;  // each use adds a value; else the last one counts
};

struct Arguments {
    std::multimap<std::string, std::string, std::less<>> options;  // by name; "" for flags
    std::vector<std::string> words;                                // host and task, ids, labels

    bool has(std::string_view name) const { return options.contains(name); }
    std::optional<std::string> value(std::string_view name) const;
    std::vector<std::string> values(std::string_view name) const;  // of an option that repeats, in their order
};

// What may follow a command's first word, the host (with --local: the options).
enum class Tail {
    none,
    task,     // free text, among which options are still options
    command,  // a command line of its own: from its first word on nothing is eph's
};

struct Command {
    std::string_view name;   // "keys create"
    std::string_view words;  // "[label]"
    std::string_view summary;
    std::span<const Option> options;
    std::size_t least_words;
    std::size_t most_words;
    int (*run)(const Arguments&);
    Names names = Names::nothing;  // its words
    Tail tail = Tail::none;
};

extern const std::span<const Command> commands;

enum class Group { sessions, keys, accounts, service, more };

struct Example {
    std::string_view line;
    std::string_view what;
};

// What a command's help and the manual say beyond its row: a line break begins a new paragraph.
struct Prose {
    std::string_view command;
    Group group;
    std::string_view about;
    std::span<const Example> examples;
};

extern const std::span<const Prose> all_prose;      // client/commands/prose.cpp
const Prose& prose_of(const Command& command);      // an empty one of Group::more where there is none
std::string_view group_title(Group group);          // "Sessions"
std::string sentences_of(const Command& command);   // the summary, "Make a key.", and its further lines
std::string_view brief_of(const Command& command);  // the summary's first line

const Command* find_command(std::string_view name);
const Option* find_option(const Command& command, std::string_view name);  // by its name or "-" and its letter
bool is_command_group(std::string_view word);                              // the first of two words, as "keys" is
std::string synopsis(const Command& command);                              // "eph keys create [options] [label]"

struct Invocation {
    const Command* command = nullptr;  // none: print `help` and leave
    Arguments arguments;
    std::string help;
};

// `words`: the command line without the program's name. Throws Error{usage}.
Invocation parse_command_line(std::vector<std::string> words);

std::string overview();                              // eph --help
std::string help_for(const Command& command);        // eph <command> --help
std::string help_for_group(std::string_view group);  // eph keys --help

// `text` in lines of at most 80 characters, each behind `indent` spaces, paragraphs apart; ends with a line break.
std::string wrapped(std::string_view text, std::size_t indent);

}  // namespace eph
