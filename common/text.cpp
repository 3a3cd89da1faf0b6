// Cleaning of text from outside.
#include "common/text.hpp"

#include <algorithm>

namespace eph {
namespace {

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Length of the valid UTF-8 sequence at the front, 0 if there is none (RFC 3629).
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    const std::size_t length = first < 0x80             ? 1
                               : (first & 0xE0) == 0xC0 ? 2
                               : (first & 0xF0) == 0xE0 ? 3
                               : (first & 0xF8) == 0xF0 ? 4
                                                        : 0;
    if (length == 0 || length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return 0;
    }
    if (length == 2 && first < 0xC2) return 0;
    if (length == 3 && ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F))) return 0;
    if (length == 4 && ((first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F) || first > 0xF4))
        return 0;
    return length;
}

// Controls of Unicode's C1 block, and the characters that reorder or hide text on a screen.
bool is_invisible(std::string_view sequence) {
    if (sequence == "\xD8\x9C" || sequence == "\xEF\xBB\xBF") return true;  // Arabic letter mark, byte order mark
    if (sequence.size() == 2) return sequence[0] == '\xC2' && static_cast<unsigned char>(sequence[1]) < 0xA0;
    if (sequence.size() != 3 || sequence[0] != '\xE2') return false;
    const auto second = static_cast<unsigned char>(sequence[1]);
    const auto third = static_cast<unsigned char>(sequence[2]);
    if (second == 0x80) return third >= 0x8B && (third <= 0x8F || (third >= 0xA8 && third <= 0xAE));
    return second == 0x81 && third >= 0xA6 && third <= 0xA9;
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
    const auto plain = [](char c) { return c > ' ' && c < '\x7F'; };
    if (text.size() <= limit && std::all_of(text.begin(), text.end(), plain)) return std::string{text};
    std::string clean;
    while (!text.empty()) {
        const std::size_t length = sequence_length(text);
        std::string_view sequence = text.substr(0, std::max<std::size_t>(length, 1));
        text.remove_prefix(sequence.size());
        if (length == 0 || is_invisible(sequence)) continue;
        const auto first = static_cast<unsigned char>(sequence[0]);
        if (first < 0x20 || first == 0x7F) {
            const bool space = first == '\n' || first == '\r' || first == '\t';
            if (!space || clean.empty() || clean.back() == ' ') continue;
            sequence = " ";
        }
        if (clean.size() + sequence.size() > limit) {
            clean += "...";
            break;
        }
        clean += sequence;
    }
    while (!clean.empty() && clean.back() == ' ') clean.pop_back();
    return clean;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view space = " \t\r\n\v\f";
    const std::size_t first = text.find_first_not_of(space);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

std::string lower(std::string_view text) {
    std::string result{text};
    std::transform(result.begin(), result.end(), result.begin(), folded);
    return result;
}

bool same_letters(std::string_view left, std::string_view right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char a, char b) { return folded(a) == folded(b); });
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '_' || c == '.' || c == '~';
        if (plain) {
            encoded.push_back(c);
        } else {
            const auto byte = static_cast<unsigned char>(c);
            encoded += {'%', digits[byte >> 4], digits[byte & 15]};
        }
    }
    return encoded;
}

std::string_view fault_of_host(std::string_view text) {
    if (text.empty()) return "it is empty";
    if (text.starts_with('-')) return "it begins with '-'";
    if (has_control(text)) return "it holds control characters";
    if (text.find(' ') != text.npos) return "it holds white space";
    if (text.size() > 255) return "it is too long";
    return "";
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7F'; });
}

std::string decode_percent(std::string_view text) {
    const auto digit = [](char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
    };
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
            plain.push_back(static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])));
            i += 2;
        } else {
            plain.push_back(text[i]);
        }
    }
    return plain;
}

}  // namespace eph
