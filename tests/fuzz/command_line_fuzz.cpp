// eph's command line, one word a line, as a person and a completing shell write it.
#include "client/cli.hpp"
#include "client/completion/complete.hpp"
#include "common/error.hpp"
#include "tests/fuzz/support/fuzz.hpp"

namespace eph::fuzz {
namespace {

std::vector<std::string> words_of(std::string_view input) {
    std::vector<std::string> words;
    while (!input.empty()) words.emplace_back(take_line(input));
    return words;
}

void parse(const std::vector<std::string>& words, std::string_view input) {
    try {
        const Invocation invocation = parse_command_line(words);
        if (invocation.command == nullptr) return must(!invocation.help.empty(), "there is a command or help", input);
        const std::size_t count = invocation.arguments.words.size();
        const std::size_t host = invocation.arguments.has("--local") ? 1 : 0;  // which it then needs not
        must(count + host >= invocation.command->least_words && count <= invocation.command->most_words,
             "as many words as fit", input);
        for (const auto& [name, value] : invocation.arguments.options)
            must(find_option(*invocation.command, name) != nullptr, "options are the command's own", name);
    } catch (const Error& error) {
        must(error.code() == Code::usage, "a command line that cannot be is a person's mistake", input);
        must_be_printable(error.message());
    }
}

}  // namespace

void one(std::string_view input) {
    std::vector<std::string> words = words_of(input);
    parse(words, input);
    const std::string current = words.empty() ? "" : words.back();
    if (!words.empty()) words.pop_back();
    const Source source = [](Names) { return std::vector<Candidate>{{"host", "a host"}, {"another", ""}}; };
    for (const Candidate& each : complete(words, current, source).candidates)
        must(each.word.find('\n') == std::string::npos, "a candidate is a line", each.word);
    const std::string text = wrapped(input, 4);
    must(text.empty() || text.ends_with('\n'), "a wrapped text is whole lines", input);
}

}  // namespace eph::fuzz
