// What every fuzz target is made of: a function for one input, and a way to say what must hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace eph::fuzz {

// Each target has its own. What it throws is a finding, like everything that the sanitizers see.
void one(std::string_view input);

// Prints the sentence and what it is about, and aborts: libFuzzer keeps the input.
void must(bool held, std::string_view sentence, std::string_view about = {});

// No byte of it steers a terminal, and it is one line: what printable() promises of all that eph shows.
void must_be_printable(std::string_view text);

std::string_view take_line(std::string_view& rest);  // without its end
std::string_view take_word(std::string_view& rest);  // up to a blank

// The lengths of the pieces that a network might cut an input into, always the same for the same input.
class Cuts {
public:
    explicit Cuts(std::string_view of);
    std::size_t next(std::size_t most);  // 1 to most

private:
    std::uint64_t state_;
};

// Calls `push` with pieces of `bytes`, in their order.
template <class Push>
void in_pieces(std::string_view bytes, Push push) {
    Cuts cuts{bytes};
    while (!bytes.empty()) {
        const std::size_t size = cuts.next(bytes.size());
        push(bytes.substr(0, size));
        bytes.remove_prefix(size);
    }
}

}  // namespace eph::fuzz
