// The same bytes in every way that a network may cut them.
#pragma once

#include <cstddef>
#include <random>
#include <string_view>

namespace eph::test {

// Calls `check` with a function that pushes `bytes` into something: whole, byte by byte, cut in two at every place, and
// in pieces of random lengths.
template <class Check>
void in_all_pieces(std::string_view bytes, Check check) {
    check([&](auto& reader) { reader.push(bytes); });
    check([&](auto& reader) {
        for (std::size_t i = 0; i < bytes.size(); ++i) reader.push(bytes.substr(i, 1));
    });
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        check([&](auto& reader) {
            reader.push(bytes.substr(0, cut));
            reader.push(bytes.substr(cut));
        });
    }
    for (unsigned seed = 0; seed < 20; ++seed) {
        check([&](auto& reader) {
            std::mt19937 random{seed};
            for (std::string_view rest = bytes; !rest.empty();) {
                const std::size_t size = std::min<std::size_t>(1 + random() % 40, rest.size());
                reader.push(rest.substr(0, size));
                rest.remove_prefix(size);
            }
        });
    }
}

}  // namespace eph::test
