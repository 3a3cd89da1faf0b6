// Builds the shell texts of a session from keeper.sh, run.sh and what is particular to this one.
#include "client/remote/script.hpp"

#include <algorithm>
#include <array>

#include "common/error.hpp"
#include "common/ids.hpp"
#include "scripts.hpp"

namespace eph {
namespace {

constexpr std::size_t mark_length = 20;

std::string assign(std::string_view name, std::string_view value) {
    return fmt::format("{}={}\n", name, shell_quote(value));
}

bool is_variable_name(std::string_view name) {
    constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    return !name.empty() && name.find_first_not_of(allowed) == name.npos && !(name[0] >= '0' && name[0] <= '9');
}

std::string_view task_word(const AgentLaunch& launch) {
    if (!launch.task) return "";
    switch (launch.task_by) {
        case TaskBy::stream:
            return "stdin";
        case TaskBy::file:
            return "file";
    }
    return "";
}

// In a word of shell_quote's: the value of `variable` where the placeholder stands.
void splice(std::string& word, std::string_view placeholder, std::string_view variable) {
    const std::string value = fmt::format(R"('"${}"')", variable);
    for (std::size_t at = 0; (at = word.find(placeholder, at)) != word.npos; at += value.size())
        word.replace(at, placeholder.size(), value);
}

// As shell_quote; through the broker with the variable `port` where the placeholder stands.
std::string quoted(std::string_view text, const AgentLaunch& launch) {
    std::string word = shell_quote(text);
    if (launch.through_broker) splice(word, port_placeholder, "port");
    return word;
}

std::string quoted(const RemoteFile& file, const AgentLaunch& launch) {
    if (file.verbatim) return shell_quote(file.content);
    std::string word = quoted(file.content, launch);
    splice(word, here_placeholder, "here");
    return word;
}

std::string words(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += name + ' ';
    return text;
}

const std::string& checked_name(const std::string& name) {
    if (!is_variable_name(name)) throw Error{Code::internal, "{} is no name for an environment variable", name};
    return name;
}

std::string run_script(const SessionPlace& place, const AgentLaunch& launch) {
    std::string script{shell_preamble};
    script += assign("id", place.mark.text()) + assign("base", place.base);
    script += assign("secret_name", launch.key_variable) + assign("task", task_word(launch));
    script += "settings() {\n:\n";
    for (const std::string& name : launch.withheld) {
        if (name != launch.key_variable) script += fmt::format("unset {}\n", checked_name(name));
    }
    if (launch.through_broker) script += "reach_this_host\n";
    for (const auto& [name, value] : launch.environment)
        script += fmt::format("export {}={}\n", checked_name(name), quoted(value, launch));
    script += "}\narguments() {\n\"$@\"";
    for (const std::string& argument : launch.arguments) script += ' ' + quoted(argument, launch);
    return script + "\n}" + std::string(run_text);
}

bool names_port(const RemoteFile& file, const AgentLaunch& launch) {
    return launch.through_broker && !file.verbatim && file.content.find(port_placeholder) != file.content.npos;
}

std::string put(std::string_view path, std::string_view quoted_content) {
    return fmt::format("put {} {}\n", shell_quote(path), quoted_content);
}

bool any_names_here(const AgentLaunch& launch) {
    return std::any_of(launch.files.begin(), launch.files.end(), [](const RemoteFile& file) {
        return !file.verbatim && file.content.find(here_placeholder) != file.content.npos;
    });
}

// Those that name the port are written when it is known.
std::string put_files(const AgentLaunch& launch, bool with_port) {
    std::string text;
    for (const RemoteFile& file : launch.files) {
        if (names_port(file, launch) == with_port) text += put(file.path, quoted(file, launch));
    }
    return text;
}

}  // namespace

SessionMark SessionMark::make() { return SessionMark(random_text(mark_length)); }

SessionMark::SessionMark(std::string text) : text_(std::move(text)) {
    if (text_.size() != mark_length || !is_id_text(text_)) {
        throw Error{Code::internal, "a session's mark is {} characters of [a-z0-9]", mark_length};
    }
}

std::string shell_quote(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) {
        if (c == '\'')
            quoted += R"('\'')";
        else
            quoted += c;
    }
    return quoted + "'";
}

std::string keeper_input(const ScriptRequest& request) {
    const AgentLaunch& launch = request.launch;
    std::string input{shell_preamble};
    input += assign("id", request.place.mark.text()) + assign("base", request.place.base);
    input += assign("name", launch.agent.executable) + assign("bundle", launch.agent.bundle);
    input += assign("explicit", launch.path.value_or(""));
    input += assign("login_limit", std::to_string(request.login_limit.count()));
    input += assign("places", words(launch.agent.places)) + assign("directories", words(launch.directories));
    input += assign("through_broker", launch.through_broker ? "yes" : "");
    input += "files() {\n";
    if (any_names_here(launch)) input += "find_here\n";
    input += put_files(launch, false);
    if (launch.task) input += put("task", shell_quote(*launch.task));
    input += put("run", shell_quote(run_script(request.place, launch)));
    input += "}\nfiles_with_port() {\n:\n" + put_files(launch, true) + "}";
    input += keeper_text;
    input += "{ keep; }\n";
    if (input.find('\0') != input.npos) {
        throw Error{Code::usage, "the task or an option holds a NUL character, which cannot be sent"};
    }
    return input;
}

// `head` reads in blocks where reading by line takes 150 ms for a large task; it may read ahead, which is why nothing
// follows the input before the keeper has answered. dd stands in for a head that has no -c.
std::string bootstrap_command(std::string_view input) {
    const std::size_t size = input.size();
    return fmt::format("exec sh -c 'LC_ALL=C; eval \"$(head -c {} 2>/dev/null || dd bs=1 count={} 2>/dev/null)\"'",
                       size, size);
}

std::string run_command(const SessionPlace& place) { return fmt::format("exec sh {}/run", place.directory()); }

std::string waiting_run_command() { return "exec sh -c 'IFS= read -r d && exec sh \"$d/run\" </dev/null'"; }

std::optional<MarkedLine> parse_marked_line(std::string_view line, const SessionMark& mark) {
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    // A profile may leave a line without its end before ours.
    const std::string prefix = "eph " + mark.text() + ' ';
    const std::size_t at = line.find(prefix);
    if (at == line.npos) return std::nullopt;
    line.remove_prefix(at + prefix.size());
    const std::string_view word = line.substr(0, line.find(' '));
    return MarkedLine{word, line.substr(std::min(line.size(), word.size() + 1))};
}

std::optional<KeeperLine> parse_keeper_line(std::string_view line, const SessionMark& mark) {
    using State = KeeperLine::State;
    constexpr std::array<std::pair<std::string_view, State>, 5> words{{{"ready", State::ready},
                                                                       {"armed", State::armed},
                                                                       {"missing", State::missing},
                                                                       {"not-executable", State::not_executable},
                                                                       {"error", State::error}}};
    const auto said = parse_marked_line(line, mark);
    if (!said) return std::nullopt;
    const auto found =
        std::find_if(words.begin(), words.end(), [&](const auto& row) { return row.first == said->word; });
    if (found == words.end()) return std::nullopt;
    return KeeperLine{found->second, std::string{said->detail}};
}

}  // namespace eph
