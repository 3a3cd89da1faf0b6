// What admin keys and API keys look like, and what is none.
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

// The same for the API key of a provider that makes no keys. Admin keys are refused everywhere; what is clearly
// somebody else's only at the provider's own address, since a gateway may want any key.
KeyFault fault_of_api_key(std::string_view provider, std::string_view key, bool at_provider);

// A text of somebody else's, in which each word that looks like a key is cut to its kind.
std::string without_keys(std::string_view text);

}  // namespace eph
