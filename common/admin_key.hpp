// What an admin key looks like, and what is no admin key.
#pragma once

#include <string>
#include <string_view>

namespace eph {

struct KeyFault {
    std::string what;  // "" where nothing is wrong with it: "is an OpenAI project key"
    std::string hint;
};

// Says what `key` is if it can be no admin key of OpenAI's. Known kinds of other keys are named and refused everywhere;
// `at_openai`: the key is for OpenAI's own address, where all of them begin with sk-admin-.
KeyFault fault_of_admin_key(std::string_view key, bool at_openai);

// A text of somebody else's, in which each word that looks like a key is cut to its kind.
std::string without_keys(std::string_view text);

}  // namespace eph
