// Text from outside on its way to a terminal, a log or a shell.
#include "common/admin_key.hpp"
#include "common/text.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include "client/remote/script.hpp"

namespace eph::fuzz {
namespace {

// How a POSIX shell reads one word of single quotes and escaped quotes.
std::string as_shells_read(std::string_view word) {
    std::string text;
    bool quoted = false;
    for (std::size_t at = 0; at < word.size(); ++at) {
        if (word[at] == '\'') {
            quoted = !quoted;
        } else if (quoted) {
            text += word[at];
        } else {
            must(word.substr(at, 2) == "\\'", "outside of quotes there is nothing but an escaped quote", word);
            text += word[++at];
        }
    }
    must(!quoted, "every quote is closed", word);
    return text;
}

bool is_shown_by_terminals(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte < 0x20 || byte == 0x7f) return false;
        const bool c1 = byte == 0xc2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xa0;
        if (c1) return false;
    }
    return true;
}

}  // namespace

void one(std::string_view input) {
    const std::size_t limit = input.size() < 2 ? 400 : static_cast<unsigned char>(input[0]) * 2u;
    const std::string clean = printable(input, limit);
    must(is_shown_by_terminals(clean), "no control character is left", clean);
    must(clean.size() <= limit + 3, "the limit holds", clean);
    must(printable(clean, clean.size()) == clean, "what is clean stays as it is", clean);
    must(!has_control(clean), "no C0 and no DEL", clean);

    must(decode_percent(percent_encoded(input)) == input, "percent-encoding can be taken back", input);
    must(is_shown_by_terminals(percent_encoded(input)), "percent-encoding leaves nothing that steers", input);
    must(lower(lower(input)) == lower(input), "lower() is done once", input);
    const std::string_view trimmed = trim(input);
    must(trim(trimmed) == trimmed, "trim() is done once", input);

    must(as_shells_read(shell_quote(input)) == input, "a shell reads a quoted text as it was", input);
    if (fault_of_host(input).empty())
        must(!input.empty() && input[0] != '-' && !has_control(input), "a host is no option", input);

    const std::string cut = without_keys(input);
    for (std::size_t at = cut.find(" sk-"); at != cut.npos; at = cut.find(" sk-", at + 1))
        must(cut.substr(at + 4, 3) == "...", "of a key nothing is left but its kind", cut);
}

}  // namespace eph::fuzz
