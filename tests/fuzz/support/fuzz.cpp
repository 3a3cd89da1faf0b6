// libFuzzer's entry, and what the targets share.
#include "tests/fuzz/support/fuzz.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <spdlog/spdlog.h>

#include "common/text.hpp"

namespace eph::fuzz {

void must(bool held, std::string_view sentence, std::string_view about) {
    if (held) return;
    std::fprintf(stderr, "\nNOT SO: %.*s", static_cast<int>(sentence.size()), sentence.data());
    if (!about.empty()) std::fprintf(stderr, ": %s", percent_encoded(about).c_str());
    std::fputs("\n", stderr);
    std::abort();
}

void must_be_printable(std::string_view text) {
    std::string_view shown = text;
    while (shown.ends_with(' ')) shown.remove_suffix(1);
    must(printable(text, text.size()) == shown, "what is shown is cleaned", text);
}

std::string_view take_line(std::string_view& rest) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return line;
}

std::string_view take_word(std::string_view& rest) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return word;
}

// FNV-1a; then xorshift.
Cuts::Cuts(std::string_view of) : state_(14695981039346656037u) {
    for (const char c : of) state_ = (state_ ^ static_cast<unsigned char>(c)) * 1099511628211u;
    state_ |= 1;
}

std::size_t Cuts::next(std::size_t most) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    const std::size_t longest = (state_ >> 40) % 4 == 0 ? most : 12;  // mostly small ones: that is where readers err
    return 1 + (state_ >> 8) % std::min(most, longest);
}

}  // namespace eph::fuzz

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    spdlog::set_level(spdlog::level::off);
    setenv("SSL_CERT_FILE", "/dev/null", 1);  // nobody is trusted, and nothing has to be read for it
    setenv("SSL_CERT_DIR", "/dev/null", 1);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    eph::fuzz::one({reinterpret_cast<const char*>(data), size});
    return 0;
}
