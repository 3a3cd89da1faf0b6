// OpenAI's answers, decoded once at the edge. Missing fields are errors that say which; unknown ones are ignored.
#pragma once

#include <string>
#include <vector>

#include "daemon/providers/openai.hpp"

namespace eph::openai_json {

// Each throws Error{provider_unreadable}.
Created created(const std::string& body);
bool deleted(const std::string& body);

template <class Item>
struct Page {
    std::vector<Item> items;
    bool has_more = false;
    std::string last_id;  // where the next page begins
};
Page<Listed> accounts(const std::string& body, bool users);
Page<ListedKey> keys(const std::string& body);

std::string create_request(const std::string& name, std::optional<Duration> expires_in);

// The provider's own words: error.message, cleaned for a terminal; "" when there are none.
std::string error_message(const std::string& body);

// The sentence for an answer that is not a success.
Error refusal(const AccountRef& account, const HttpResponse& answer, std::string_view what);

}  // namespace eph::openai_json
