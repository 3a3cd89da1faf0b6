// One provider as the broker relays to it: a row of the table of providers, with what the configuration changes.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/providers.hpp"
#include "daemon/https/https_client.hpp"

namespace eph {

// A path that may be asked for, below the base path. `*` stands for one segment, or for the rest of one.
struct AllowedPath {
    std::string method;     // GET allows HEAD, too
    std::string pattern;    // "/chat/completions", "/models/*", "/v1beta/models/*:generateContent"
    bool computes = true;   // it makes a model work: limits on models, tokens and money concern it
    bool generates = true;  // what it computes are tokens, too; embeddings are none
};

// Where a request names its model: in a member of its JSON document, or, where that is "", in its path at the first *.
struct ModelPlace {
    std::string member = "model";
};

// Where an answer says what it used: JSON pointers of the objects that may hold it (* for any element of an array), and
// their members' names, of which the first that is there counts. In a stream the last that was said counts, member by
// member. Names of members may be pointers below: "input_tokens_details/cached_tokens".
struct UsagePlace {
    std::vector<std::string> at;     // "/usage", "/response/usage", "/usageMetadata"
    std::vector<std::string> early;  // at a stream's beginning, when the output is not known: "/message/usage"
    std::vector<std::string> input;  // "input_tokens", "prompt_tokens"
    std::vector<std::string> more_input;
    std::vector<std::string> output;       // "output_tokens", "completion_tokens"
    std::vector<std::string> more_output;  // added to the output where it is there: "thoughtsTokenCount"
    std::vector<std::string> total;  // where it is more than input and output, the rest is output (xAI's thoughts)
    std::vector<std::string> cached;
    std::vector<std::string> cache_written;       // "cache_creation_input_tokens"
    std::vector<std::string> cache_written_long;  // the part of these that is kept for an hour and costs more
    bool input_has_cached = true;                 // false: cached and written come on top of the input (Anthropic)
};

class JsonPlaces;
class UsageMap;

struct Upstream {
    std::string name;
    std::string title;
    ApiFamily family = ApiFamily::openai;
    std::string base_path;  // what the agent's base URL has behind /<name>; `base` stands for both
    BaseUrl base;
    AuthHeader auth;
    std::vector<AllowedPath> paths;
    ModelPlace model;
    UsagePlace usage;
    // Prepared for UsageScan and RequestScan; without them each does that anew.
    std::shared_ptr<const JsonPlaces> request_places;
    std::shared_ptr<const UsageMap> usage_map;
};

}  // namespace eph
