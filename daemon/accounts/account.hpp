// What eph gets credentials with: an admin key and its project, or an API key; and where that provider is reached.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/secret.hpp"
#include "daemon/https/url.hpp"
#include "daemon/ledger/rows.hpp"

namespace eph {

struct Account {
    std::string name;  // "" for one that only stands in an environment
    Place place;       // no project where the provider makes no keys
    BaseUrl base;
    Secret secret;  // an admin key, or an API key; empty where the provider needs none
    bool makes_keys = true;
    std::string fingerprint;    // tells accounts apart without giving the key away
    std::string source;         // client, environment, credential, a store's name, or none: no key is needed
    bool own_base_url = false;  // other than the provider's own: agents have to be told
};
using AccountRef = std::shared_ptr<const Account>;

// Parts of a credential as one source has them; empty parts are left to the next source.
struct Credential {
    std::string provider = "openai";  // whose it is: it goes to no other
    std::string account;              // "": not a particular stored one
    Secret secret;
    std::string project;
    std::string base_url;
    bool empty() const { return secret.empty() && project.empty() && base_url.empty(); }
};

// An account as it is configured, whether its key is at hand or not.
struct StoredAccount {
    std::string name = "default";
    std::string provider = "openai";
    std::string store;  // "": no key is stored, only what else belongs to an account
    std::string project;
    std::string base_url;
    Secret secret;                     // of the store file
    std::vector<std::string> command;  // of the store command: words to run
    bool shell = false;                // command is one text, for sh -c
    std::string fingerprint;           // as setup saw it; "" if the person wrote the file

    StoredAccount without_key() const;
};

// An account for people: everything but its secret.
struct KnownAccount {
    std::string name;
    Place place;  // an empty project: only the store knows it
    std::string fingerprint;
    std::string source;
    bool makes_keys = true;
    bool own_base_url = false;
    std::string problem;    // why its key cannot be had, as of the last try
    bool in_store = false;  // its key is not at hand, but a store may give it
    AccountRef account;     // nothing: the store was not asked yet, or did not give the key
};

KnownAccount known_account(const AccountRef& account);

// "eph auth setup --provider anthropic --account work", as short as it can be.
std::string setup_command(const std::string& provider, const std::string& account = "default");

// The first 12 hexadecimal digits of the key's SHA-256.
std::string fingerprint_of(const Secret& key);

// Throws Error{usage}. Names go into stores' own names, so they are of letters, digits, ".", "_" and "-".
void check_account_name(const std::string& name);

}  // namespace eph
