// The providers of models: what eph, ephd and the agents know them by. The broker's view of them, with what the
// configuration adds, is daemon/broker/upstream.hpp.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eph {

// How a provider's API speaks: where a request names its model, where an answer says its usage, how a no looks.
enum class ApiFamily { openai, anthropic, google };

struct ProviderRow {
    std::string_view name;   // as --provider and Pi have it
    std::string_view alias;  // another name that people give it; or ""
    std::string_view title;  // for people
    ApiFamily family;
    std::string_view variable;       // where agents look for the key, and eph for a person's own
    std::string_view also;           // further variables that a key of it may stand in, parted by blanks
    std::string_view base_url;       // the provider's own; "" where eph knows none: such a one cannot be brokered
    std::string_view base_path;      // what an agent's base URL has behind http://127.0.0.1:PORT/<name>
    std::string_view base_variable;  // where agents look for the base URL; "" for none
    std::string_view keys_at;        // where a person revokes a key by hand; "" where that is not known
    bool makes_keys = false;         // ephd can make keys there, and revoke them
    bool needs_key = true;           // else it answers anybody
};

std::span<const ProviderRow> provider_rows();

// By its name or its alias; nullptr for one that only the configuration may know.
const ProviderRow* find_provider(std::string_view name);

// Throws Error{usage} that names the known ones.
const ProviderRow& provider_row(std::string_view name);

// 1 to 40 of [a-z0-9-]; what stands in a path, a variable's name and a file's.
bool is_provider_name(std::string_view name);

// The name that counts, where that is an alias of it; else the same.
std::string canonical_provider(std::string_view name);

// Where eph looks for a person's own credential: OPENAI_ADMIN_KEY, ANTHROPIC_API_KEY; MY_LAB_API_KEY for one that only
// the configuration knows. Not in ANTHROPIC_AUTH_TOKEN, which is a token for somebody's gateway.
std::vector<std::string> credential_variables(std::string_view provider);
// Every variable in which a secret of one of the table's providers may stand.
std::vector<std::string> key_variables_of_all();

// Whether ephd makes keys there; not at those that only the configuration knows.
bool makes_keys_at(std::string_view provider);

// "admin key" where ephd makes keys with it, else "API key".
std::string_view credential_word(bool makes_keys);

// EPH_<PROVIDER>_BASE_URL: EPH_OPENAI_BASE_URL, EPH_MY_LAB_BASE_URL.
std::string base_url_variable(std::string_view provider);

std::string_view name_of(ApiFamily family);     // openai, anthropic, google
ApiFamily family_named(std::string_view name);  // openai for any other name: what most servers speak

}  // namespace eph
