// Inference alone: nothing here leads to an organisation, to files, or to anything that outlives a session.
#include "daemon/broker/upstreams.hpp"

#include <algorithm>
#include <array>

#include "common/error.hpp"
#include "common/text.hpp"
#include "daemon/accounts/provider_view.hpp"
#include "daemon/broker/request_scan.hpp"
#include "daemon/broker/usage_sum.hpp"

namespace eph {
namespace {

using Paths = std::vector<AllowedPath>;

constexpr bool idle = false;       // computes nothing
constexpr bool no_output = false;  // of tokens

void add(Paths& paths, const Paths& more) { paths.insert(paths.end(), more.begin(), more.end()); }

// https://platform.openai.com/docs/api-reference
Paths openai_like() {
    return {{"POST", "/chat/completions"}, {"POST", "/responses"},
            {"POST", "/completions"},      {"POST", "/embeddings", true, no_output},
            {"GET", "/models", idle},      {"GET", "/models/*", idle},
            {"GET", "/models/*/*", idle}};
}

Paths openai_own() {
    return {{"POST", "/responses/compact"},        {"POST", "/responses/input_tokens", idle},
            {"GET", "/responses/*", idle},         {"GET", "/responses/*/input_items", idle},
            {"POST", "/responses/*/cancel", idle}, {"POST", "/moderations", idle}};  // costs nothing
}

// https://docs.anthropic.com/en/api
Paths anthropic() {
    return {{"POST", "/v1/messages"},
            {"POST", "/v1/messages/count_tokens", idle},
            {"GET", "/v1/models", idle},
            {"GET", "/v1/models/*", idle}};
}

// https://ai.google.dev/api
Paths google() {
    Paths paths;
    for (const std::string version : {"/v1beta", "/v1"}) {
        const std::string model = version + "/models/*";
        add(paths, {{"POST", model + ":generateContent"},
                    {"POST", model + ":streamGenerateContent"},
                    {"POST", model + ":countTokens", idle},
                    {"POST", model + ":embedContent", true, no_output},
                    {"POST", model + ":batchEmbedContents", true, no_output},
                    {"GET", version + "/models", idle},
                    {"GET", model, idle}});
    }
    return paths;
}

Paths paths_of(const ProviderRow& row) {
    if (row.family == ApiFamily::anthropic) return anthropic();
    if (row.family == ApiFamily::google) return google();
    Paths paths = openai_like();
    if (row.name == "openai" || row.name == "xai" || row.name == "groq") add(paths, openai_own());
    if (row.name == "mistral" || row.name == "deepseek") add(paths, {{"POST", "/fim/completions"}});
    return paths;
}

// DeepSeek says its cache's part as prompt_cache_hit_tokens, Moonshot as cached_tokens, and that, while it streams, in
// `choices`; Groq streams in x_groq; Mistral spells its details in the singular, too.
UsagePlace openai_usage() {
    UsagePlace place;
    place.at = {"/usage", "/response/usage", "/x_groq/usage", "/choices/*/usage"};
    place.input = {"input_tokens", "prompt_tokens"};
    place.output = {"output_tokens", "completion_tokens"};
    place.total = {"total_tokens"};
    place.cached = {"input_tokens_details/cached_tokens",
                    "prompt_tokens_details/cached_tokens",
                    "prompt_token_details/cached_tokens",
                    "prompt_cache_hit_tokens",
                    "cached_tokens",
                    "num_cached_tokens"};
    place.cache_written = {"input_tokens_details/cache_write_tokens", "prompt_tokens_details/cache_write_tokens"};
    return place;
}

UsagePlace anthropic_usage() {
    UsagePlace place;
    place.at = {"/usage"};
    place.early = {"/message/usage"};
    place.input = {"input_tokens"};
    place.output = {"output_tokens"};
    place.cached = {"cache_read_input_tokens"};
    place.cache_written = {"cache_creation_input_tokens"};
    place.cache_written_long = {"cache_creation/ephemeral_1h_input_tokens"};
    place.input_has_cached = false;
    return place;
}

UsagePlace google_usage() {
    UsagePlace place;
    place.at = {"/usageMetadata"};
    place.input = {"promptTokenCount"};
    place.more_input = {"toolUsePromptTokenCount"};
    place.output = {"candidatesTokenCount"};
    place.more_output = {"thoughtsTokenCount"};
    place.cached = {"cachedContentTokenCount"};
    return place;
}

UsagePlace usage_of(ApiFamily family) {
    switch (family) {
        case ApiFamily::openai:
            return openai_usage();
        case ApiFamily::anthropic:
            return anthropic_usage();
        case ApiFamily::google:
            return google_usage();
    }
    return {};
}

void change(Upstream& upstream, const ProviderConfig& own) {
    if (!own.paths.empty()) {
        upstream.paths.clear();
        for (const std::string& each : own.paths) upstream.paths.push_back(parse_allowed_path(each));
    }
    if (own.model) upstream.model.member = *own.model == "path" ? "" : *own.model;
    if (!own.usage.empty()) upstream.usage.at = own.usage;
    if (!own.usage_input.empty()) upstream.usage.input = own.usage_input;
    if (!own.usage_output.empty()) upstream.usage.output = own.usage_output;
    if (!own.usage_cached.empty()) upstream.usage.cached = own.usage_cached;
}

}  // namespace

Upstream upstream_for(std::string_view name, const Config& config, BaseUrl base) {
    const ProviderView view = provider_view(name, config);
    const ProviderConfig* own = config.find_provider(view.name);
    const ProviderRow* known = find_provider(view.name);
    Upstream upstream;
    upstream.name = view.name;
    upstream.title = view.title;
    upstream.family = view.family;
    upstream.base_path = view.base_path;
    upstream.base = std::move(base);
    upstream.auth = view.auth;
    upstream.paths = paths_of(known != nullptr ? *known : provider_row(own->like));
    if (view.family == ApiFamily::google) upstream.model.member.clear();
    upstream.usage = usage_of(view.family);
    if (own != nullptr) change(upstream, *own);
    upstream.request_places = request_places(upstream.model);
    upstream.usage_map = std::make_shared<const UsageMap>(upstream.usage);
    return upstream;
}

AllowedPath parse_allowed_path(std::string_view text) {
    constexpr std::array<std::string_view, 5> methods{"GET", "POST", "PUT", "PATCH", "DELETE"};
    const std::size_t blank = std::min(text.find(' '), text.size());
    AllowedPath path;
    path.method = text.substr(0, blank);
    path.pattern = trim(text.substr(blank));
    const bool known = std::find(methods.begin(), methods.end(), path.method) != methods.end();
    if (!known || !path.pattern.starts_with('/') || path.pattern.find_first_of(" ?#%\\") != path.pattern.npos ||
        path.pattern.find("..") != path.pattern.npos || has_control(path.pattern)) {
        throw Error{Code::usage, "'{}' is no path that could be relayed", printable(text, 80)}.hint(
            "Write it like \"POST /chat/completions\" or \"GET /models/*\".");
    }
    path.computes = path.method != "GET" && path.method != "DELETE";
    path.generates = path.computes && path.pattern.find("mbed") == path.pattern.npos;  // embeddings, :embedContent
    return path;
}

}  // namespace eph
