// What eph gets credentials with: an admin key, its project, and where that provider is reached.
#pragma once

#include <memory>
#include <string>

#include "common/secret.hpp"
#include "daemon/https/url.hpp"
#include "daemon/ledger/rows.hpp"

namespace eph {

struct Account {
    std::string name = "default";
    Place place;
    BaseUrl base;
    Secret admin_key;
    std::string fingerprint;    // tells accounts apart without giving the key away
    std::string source;         // environment, credential, file, client, memory
    bool own_base_url = false;  // other than the provider's own: agents have to be told
};
using AccountRef = std::shared_ptr<const Account>;

// Parts of a credential as one source has them; empty parts are left to the next source.
struct Credential {
    std::string account;  // "": not a particular stored one
    Secret admin_key;
    std::string project;
    std::string base_url;
    bool empty() const { return admin_key.empty() && project.empty() && base_url.empty(); }
};

// The first 12 hexadecimal digits of the key's SHA-256.
std::string fingerprint_of(const Secret& key);

}  // namespace eph
