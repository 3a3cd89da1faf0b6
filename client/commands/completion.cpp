// eph completion, and the hidden eph __complete that its scripts call.
#include <algorithm>
#include <iostream>

#include "client/commands/commands.hpp"
#include "client/completion/complete.hpp"
#include "client/completion/sources.hpp"
#include "common/error.hpp"
#include "common/text.hpp"
#include "shells.hpp"

namespace eph {
namespace {

// A tab ends the word, a line break the candidate.
std::string cell(std::string_view text) {
    std::string clean = printable(text, 200);
    std::replace(clean.begin(), clean.end(), '\t', ' ');
    return clean;
}

}  // namespace

int print_completion(const Arguments& arguments) {
    const std::string& shell = arguments.words[0];
    const std::string_view text = shell == "bash"   ? bash_completion
                                  : shell == "zsh"  ? zsh_completion
                                  : shell == "fish" ? fish_completion
                                                    : "";
    if (text.empty()) {
        throw Error{Code::usage, "there is no completion for the shell '{}'", printable(shell, 80)}.hint(
            "Known shells: bash, zsh, fish.");
    }
    std::cout << text;
    return 0;
}

int complete_words(std::vector<std::string> words) {
    std::string current;
    if (!words.empty()) {
        current = std::move(words.back());
        words.pop_back();
    }
    const Completion completion = complete(words, current, known_here);
    for (const Candidate& each : completion.candidates) {
        std::cout << cell(each.word) << "\t" << cell(each.description) << "\n";
    }
    if (completion.also == Completion::Also::files) std::cout << ":files" << completion.before_file << "\n";
    if (completion.also == Completion::Also::programs) std::cout << ":programs\n";
    return 0;
}

}  // namespace eph
