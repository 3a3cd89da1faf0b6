// Pi ignores OPENAI_BASE_URL and the like. Its models.json (docs/models.md of Pi 0.87.1) moves a provider that it knows
// and keeps its models and, without an apiKey, the key from the environment; it also adds providers.
#include "client/agents/pi_models.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "common/error.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

// Of the providers in common/providers, under the same names.
constexpr std::array<std::string_view, 16> known_to_pi{
    "openai",   "anthropic", "openrouter", "google",      "xai",    "mistral",    "groq", "deepseek",
    "together", "cerebras",  "fireworks",  "huggingface", "nvidia", "moonshotai", "zai",  "minimax"};

std::string_view api_of(ApiFamily family) {
    switch (family) {
        case ApiFamily::openai:
            return "openai-completions";
        case ApiFamily::anthropic:
            return "anthropic-messages";
        case ApiFamily::google:
            return "google-generative-ai";
    }
    return "";
}

// What Pi puts behind a base URL is not the same for each: Gemini's has the version in it, Mistral's has not.
std::string base_url_for_pi(const std::string& provider, ApiFamily family, std::string base_url) {
    constexpr std::string_view gemini_version = "/v1beta";
    constexpr std::string_view version = "/v1";
    if (family == ApiFamily::google && !base_url.ends_with(gemini_version)) base_url += gemini_version;
    if (provider == "mistral" && base_url.ends_with(version)) base_url.resize(base_url.size() - version.size());
    return base_url;
}

RemoteFile file_with(const std::string& provider, nlohmann::json settings) {
    const nlohmann::json models = {{"providers", {{provider, std::move(settings)}}}};
    return {"config/models.json", models.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

}  // namespace

std::optional<RemoteFile> pi_models(const std::string& provider, const std::optional<std::string>& model,
                                    const LaunchPlace& place) {
    const bool known = std::find(known_to_pi.begin(), known_to_pi.end(), provider) != known_to_pi.end();
    const ProviderRow* row = find_provider(provider);
    const ApiFamily family = row != nullptr ? row->family : place.family;
    std::string base_url = place.base_url.value_or("");
    if (known && base_url.empty()) return std::nullopt;
    if (base_url.empty() && row != nullptr) base_url = row->base_url;
    nlohmann::json settings = {{"baseUrl", base_url_for_pi(provider, family, std::move(base_url))}};
    if (known) return file_with(provider, std::move(settings));
    if (!model)
        throw Error{Code::usage, "Pi does not know the models of {}", printable(provider, 40)}.hint(
            "Name the one that it is to use: --model NAME");
    const std::string variable =
        place.key_variable.empty() && row != nullptr ? std::string{row->variable} : place.key_variable;
    settings["api"] = api_of(family);
    settings["apiKey"] = '$' + variable;
    settings["models"] = {{{"id", *model}}};
    return file_with(provider, std::move(settings));
}

}  // namespace eph
