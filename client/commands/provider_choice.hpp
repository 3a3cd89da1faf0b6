// Which provider a command is about.
#pragma once

#include <string>

#include "client/cli.hpp"

namespace eph {

// As the table has it, for an alias too. Throws Error{usage} for what can be no provider.
std::string provider_name(const std::string& given);

// That of --provider; where nobody says, the agent's, or openai.
std::string provider_of(const Arguments& arguments);

struct ProviderChoice {
    std::string name;
    std::string title;
    bool makes_keys = false;
    bool needs_key = true;
};
// Of those that eph does not know ephd is asked, whose configuration may. Throws Error{usage} with those that there
// are.
ProviderChoice choose_provider(const Arguments& arguments);

}  // namespace eph
