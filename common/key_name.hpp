// The names by which any eph, on any machine, knows a key of this kind and its expiry:
// eph-<label>-<yyyymmddThhmmssZ>-exp-<yyyymmddThhmmssZ>-<random>
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/time.hpp"

namespace eph {

struct KeyName {
    std::string label;              // [a-z0-9._-], "session" when nothing was left of it
    std::optional<Timestamp> from;  // absent in names that other tools shortened
    Timestamp until;
    std::string random;

    std::string text() const;
};

// Lower case, everything outside [a-z0-9._-] becomes '-', at most 40 characters.
std::string clean_label(std::string_view wanted);

// A fresh, unique name for a key that lives in [from, until].
KeyName new_key_name(std::string_view label, Timestamp from, Timestamp until);

// The same name with a later end, for a key that is extended; a name of no tool of this kind stays as it is.
std::string name_with_end(std::string_view name, Timestamp until);

// Empty for a name that no tool of this kind made: such a key is never touched.
std::optional<KeyName> parse_key_name(std::string_view name);

}  // namespace eph
