// Reads the words as the parser does, without its complaints, and lists what may stand next.
#include "client/completion/complete.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/providers.hpp"

namespace eph {
namespace {

struct Fixed {
    Names names;
    std::string_view word;
    std::string_view description;
};
constexpr std::array fixed_words{
    Fixed{Names::store, "keychain", "macOS's Keychain"},
    Fixed{Names::store, "secret-service", "GNOME Keyring, KWallet and the like"},
    Fixed{Names::store, "pass", "the password store"},
    Fixed{Names::store, "command", "whatever a command prints"},
    Fixed{Names::store, "file", "config.json, mode 0600"},
    Fixed{Names::store, "memory", "ephd's memory, until it ends"},
    Fixed{Names::shell, "bash", ""},
    Fixed{Names::shell, "zsh", ""},
    Fixed{Names::shell, "fish", ""},
    Fixed{Names::via, "auto", "key where the provider makes keys, else broker"},
    Fixed{Names::via, "key", "the host gets a disposable key"},
    Fixed{Names::via, "broker", "the host gets no key"},
    Fixed{Names::agent, "pi", "Pi"},
    Fixed{Names::agent, "claude", "Claude Code"},
    Fixed{Names::agent, "codex", "Codex"},
    Fixed{Names::agent, "opencode", "opencode"},
    Fixed{Names::agent, "gemini", "Gemini CLI"},
    Fixed{Names::level, "off", ""},
    Fixed{Names::level, "minimal", ""},
    Fixed{Names::level, "low", ""},
    Fixed{Names::level, "medium", ""},
    Fixed{Names::level, "high", ""},
    Fixed{Names::level, "xhigh", ""},
    Fixed{Names::level, "max", ""},
};

// How far the words before the cursor have come.
struct Place {
    const Command* command = nullptr;  // none yet: the next word is a command or a host
    std::string group;                 // "keys": the next word is one of its commands
    const Option* open = nullptr;      // an option that waits for its value
    std::vector<std::string> words;    // the command's own
    std::vector<std::string_view> given;
    bool options_over = false;  // behind --
    bool local = false;

    std::size_t hosts() const { return local ? 0 : 1; }
    bool has_tail() const { return command != nullptr && command->tail != Tail::none; }
    bool in_tail() const { return has_tail() && words.size() > hosts(); }
    bool others() const { return has_tail() && command->tail == Tail::command && words.size() > hosts(); }
};

void take_word(Place& place, const std::string& word) {
    if (!place.group.empty()) {
        place.command = find_command(place.group + " " + word);
        place.group.clear();
        return;
    }
    if (place.command == nullptr && !place.options_over && place.given.empty()) {
        if (is_command_group(word)) {
            place.group = word;
            return;
        }
        place.command = find_command(word);
        if (place.command != nullptr) return;
    }
    if (place.command == nullptr) place.command = find_command("run");
    place.words.push_back(word);
}

// False when the words are such that nothing can be said of what follows.
bool take(Place& place, const std::string& word) {
    const bool text = place.options_over || place.others() || (place.in_tail() && !word.starts_with("--"));
    if (place.open != nullptr) {
        place.open = nullptr;
    } else if (!text && word == "--") {
        place.options_over = true;
        if (place.command == nullptr) place.command = find_command("run");
    } else if (!text && word.size() > 1 && word[0] == '-') {
        const Command& command = place.command != nullptr ? *place.command : *find_command("run");
        const Option* option = find_option(command, std::string_view{word}.substr(0, word.find('=')));
        if (option == nullptr) return place.in_tail();
        place.given.push_back(option->name);
        place.local = place.local || option->name == "--local";
        if (!option->value.empty() && word.find('=') == word.npos) place.open = option;
    } else {
        const bool had_group = !place.group.empty();
        take_word(place, word);
        if (had_group && place.command == nullptr) return false;
    }
    return true;
}

std::vector<Candidate> commands_beginning(std::string_view group) {
    std::vector<Candidate> found;
    for (const Command& each : commands) {
        const std::size_t space = each.name.find(' ');
        const std::string_view first = each.name.substr(0, space);
        if (!group.empty()) {
            if (space != each.name.npos && first == group)
                found.push_back({std::string{each.name.substr(space + 1)}, std::string{brief_of(each)}});
        } else if (space == each.name.npos) {
            found.push_back({std::string{first}, std::string{brief_of(each)}});
        } else if (found.empty() || found.back().word != first) {
            std::string members;
            for (const Candidate& member : commands_beginning(first)) {
                members += (members.empty() ? "" : ", ") + member.word;
            }
            found.push_back({std::string{first}, members});
        }
    }
    return found;
}

// user@host: the user stays.
std::vector<Candidate> hosts_for(const std::string& current, const Source& source) {
    std::vector<Candidate> hosts = source(Names::host);
    const std::string user = current.substr(0, current.rfind('@') + 1);
    for (Candidate& host : hosts) host.word = user + host.word;
    return hosts;
}

// Those that eph knows, and those that only ephd's configuration does.
std::vector<Candidate> providers(const Source& source) {
    std::vector<Candidate> all;
    for (const ProviderRow& row : provider_rows())
        all.push_back({std::string{row.name},
                       fmt::format("{}, {}", row.title,
                                   row.makes_keys ? "with keys that eph makes and revokes" : "through the broker")});
    for (Candidate& each : source(Names::provider)) {
        if (find_provider(each.word) == nullptr) all.push_back(std::move(each));
    }
    return all;
}

Completion by_names(Names names, const std::string& current, const Source& source) {
    switch (names) {
        case Names::nothing:
            return {};
        case Names::file:
            return {{}, Completion::Also::files, ""};
        case Names::host:
            return {hosts_for(current, source), {}, ""};
        case Names::command:
            return {commands_beginning(""), {}, ""};
        case Names::session:
        case Names::key:
        case Names::account:
            return {source(names), {}, ""};
        case Names::provider:
            return {providers(source), {}, ""};
        case Names::store:
        case Names::shell:
        case Names::level:
        case Names::via:
        case Names::agent:
            break;
    }
    Completion result;
    for (const Fixed& each : fixed_words) {
        if (each.names == names) result.candidates.push_back({std::string{each.word}, std::string{each.description}});
    }
    return result;
}

Completion options_for(const Place& place, const std::string& current, const Source& source) {
    const bool first = place.command == nullptr;
    const Command& command = first ? *find_command("run") : *place.command;
    if (const std::size_t equals = current.find('='); equals != current.npos) {
        const Option* option = find_option(command, std::string_view{current}.substr(0, equals));
        if (option == nullptr || option->value.empty()) return {};
        Completion values = by_names(option->names, current.substr(equals + 1), source);
        for (Candidate& each : values.candidates) each.word = current.substr(0, equals + 1) + each.word;
        values.before_file = current.substr(0, equals + 1);
        return values;
    }
    Completion result;
    for (const Option& each : command.options) {
        const bool given = std::find(place.given.begin(), place.given.end(), each.name) != place.given.end();
        if (!given || each.repeats) result.candidates.push_back({std::string{each.name}, std::string{each.help}});
    }
    if (!place.in_tail()) result.candidates.push_back({"--help", "explain"});
    if (first) result.candidates.push_back({"--version", "eph's version"});
    return result;
}

Completion words_for(const Place& place, const std::string& current, const Source& source) {
    if (!place.group.empty()) return {commands_beginning(place.group), {}, ""};
    if (place.command == nullptr) {
        Completion result;
        if (place.given.empty()) result.candidates = commands_beginning("");
        if (!place.local) {
            for (Candidate& host : hosts_for(current, source)) result.candidates.push_back(std::move(host));
        }
        return result;
    }
    const Command& command = *place.command;
    if (command.tail != Tail::none) {
        if (place.words.size() < place.hosts()) return {hosts_for(current, source), {}, ""};
        if (command.tail == Tail::task) return {};
        const bool program = place.words.size() == place.hosts();
        return {{}, program ? Completion::Also::programs : Completion::Also::files, ""};
    }
    if (command.names == Names::command && place.words.size() == 1 && is_command_group(place.words[0]))
        return {commands_beginning(place.words[0]), {}, ""};
    // What a command names is its first word; the others only if it takes any number: <key...>
    const std::string_view first = command.words.substr(0, command.words.find(' '));
    const bool named = place.words.empty() || first.find("...") != first.npos;
    return named ? by_names(command.names, current, source) : Completion{};
}

}  // namespace

Completion complete(const std::vector<std::string>& words, const std::string& current, const Source& source) {
    Place place;
    for (const std::string& word : words) {
        if (!take(place, word)) return {};
    }
    const bool option = current.starts_with('-') && !place.options_over && !place.others() && place.group.empty();
    Completion result = place.open != nullptr ? by_names(place.open->names, current, source)
                        : option              ? options_for(place, current, source)
                                              : words_for(place, current, source);
    std::erase_if(result.candidates, [&](const Candidate& each) { return !each.word.starts_with(current); });
    return result;
}

}  // namespace eph
