// Identifiers that cannot be mixed up, and the randomness they are made of.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace eph {

// `length` characters of [a-z0-9] from the system's random source; aborts the process if that has none.
std::string random_text(std::size_t length);

// True for 1 to 64 characters of [a-z0-9].
bool is_id_text(std::string_view text);

template <class Tag>
class Id {
public:
    Id() = default;  // no id: empty
    explicit Id(std::string text) : text_(std::move(text)) {}
    static Id make() { return Id(random_text(10)); }

    const std::string& text() const { return text_; }
    bool empty() const { return text_.empty(); }
    auto operator<=>(const Id&) const = default;

private:
    std::string text_;
};

using KeyId = Id<struct KeyTag>;
using SessionId = Id<struct SessionTag>;

}  // namespace eph
