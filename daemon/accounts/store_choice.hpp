// Which store a new admin key goes to when nobody names one.
#pragma once

#include <string>

namespace eph {

struct StoreChoice {
    std::string store;
    std::string reason;  // a clause behind "because": "this is macOS"; "" where the person has chosen
    bool usual = false;  // neither the person nor what is kept already has chosen it
};

// `before`: the store of the account as it is, "" for a new one. `service_fault`: why no Secret Service can be used, ""
// where one answers.
StoreChoice choose_store(const std::string& before, bool keychain_is_there, const std::string& service_fault);

}  // namespace eph
