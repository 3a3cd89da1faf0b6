// What fits at the end of a command line that is being typed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "client/cli.hpp"

namespace eph {

struct Candidate {
    std::string word;
    std::string description;
};

struct Completion {
    // What the shell is to do beyond the words: nothing, look for files, look for programs on the PATH.
    enum class Also { nothing, files, programs };

    std::vector<Candidate> candidates;
    Also also = Also::nothing;
    std::string before_file;  // "--task-file=": what of the word stands before the name of the file
};

// Everything there is of a kind that only the machine knows: hosts, sessions, keys, accounts.
using Source = std::function<std::vector<Candidate>(Names)>;

// `words`: those before the one at the cursor, without the program's name. `current` is that one, as far as it is
// typed.
Completion complete(const std::vector<std::string>& words, const std::string& current, const Source& source);

}  // namespace eph
