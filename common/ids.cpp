// Random text from getentropy(3).
#include "common/ids.hpp"

#include <unistd.h>
#if defined(__APPLE__)
#include <sys/random.h>
#endif

#include <algorithm>
#include <array>
#include <cstdlib>

namespace eph {

std::string random_text(std::size_t length) {
    constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
    constexpr unsigned unbiased = 256 / alphabet.size() * alphabet.size();
    std::string text;
    std::array<unsigned char, 64> bytes{};
    while (text.size() < length) {
        if (getentropy(bytes.data(), bytes.size()) != 0) std::abort();
        for (unsigned char byte : bytes) {
            if (byte < unbiased && text.size() < length) text.push_back(alphabet[byte % alphabet.size()]);
        }
    }
    return text;
}

bool is_id_text(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    });
}

}  // namespace eph
