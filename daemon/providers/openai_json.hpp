// OpenAI's answers, decoded once at the edge. Missing fields are errors that say which; unknown ones are ignored.
#pragma once

#include <string>
#include <vector>

#include "daemon/providers/openai.hpp"

namespace eph::openai_json {

// Each throws Error{provider_unreadable}.
// An account that comes with its key, and the id of one that comes without. One of another name is none.
Created created(const std::string& body, const std::string& name);
std::string created_account(const std::string& body, const std::string& name);
std::string name(const std::string& body);  // of an account that was renamed
// The key of an account that is there already.
Created created_key(const std::string& body, std::string service_account_id);
std::optional<Timestamp> expiry(const std::string& body);  // of a key that was changed, if the answer names it
enum class Deletion { confirmed, denied, of_another };     // the last: true, but of another id
Deletion deleted(const std::string& body, const std::string& id);

template <class Item>
struct Page {
    std::vector<Item> items;
    bool has_more = false;
    std::string last_id;  // where the next page begins
};
Page<Listed> accounts(const std::string& body, bool users);
Page<ListedKey> keys(const std::string& body);

std::string create_request(const std::string& name, std::optional<Duration> expires_in);
std::string account_request(const std::string& name);  // for an account without a key
std::string key_request(const std::string& name, const std::vector<std::string>& scopes,
                        std::optional<Duration> expires_in);
std::string expiry_request(Duration expires_in);
std::string rename_request(const std::string& name);

// The provider's own words: error.message, cleaned for a terminal; "" when there are none.
std::string error_message(const std::string& body);

// The sentence for an answer that is not a success.
Error refusal(const AccountRef& account, const HttpResponse& answer, std::string_view what);

}  // namespace eph::openai_json
