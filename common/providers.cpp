// The variables are those of Pi's own table (its docs/providers.md), of providers that need one key and nothing else.
#include "common/providers.hpp"

#include <algorithm>
#include <array>

#include "common/error.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

using enum ApiFamily;

constexpr ProviderRow openai_like(std::string_view name, std::string_view title, std::string_view variable,
                                  std::string_view base_url, std::string_view keys_at) {
    return {name, "", title, openai, variable, "", base_url, "/v1", "", keys_at};
}

constexpr std::array rows{
    ProviderRow{"openai", "", "OpenAI", openai, "OPENAI_API_KEY", "", "https://api.openai.com/v1", "/v1",
                "OPENAI_BASE_URL", "platform.openai.com/api-keys", true},
    ProviderRow{"anthropic", "", "Anthropic", anthropic, "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN",
                "https://api.anthropic.com", "", "ANTHROPIC_BASE_URL", "console.anthropic.com/settings/keys"},
    openai_like("openrouter", "OpenRouter", "OPENROUTER_API_KEY", "https://openrouter.ai/api/v1",
                "openrouter.ai/settings/keys"),
    ProviderRow{"google", "gemini", "Google Gemini", google, "GEMINI_API_KEY", "GOOGLE_API_KEY",
                "https://generativelanguage.googleapis.com", "", "GOOGLE_GEMINI_BASE_URL",
                "aistudio.google.com/apikey"},
    openai_like("xai", "xAI", "XAI_API_KEY", "https://api.x.ai/v1", "console.x.ai"),
    openai_like("mistral", "Mistral", "MISTRAL_API_KEY", "https://api.mistral.ai/v1", "console.mistral.ai/api-keys"),
    openai_like("groq", "Groq", "GROQ_API_KEY", "https://api.groq.com/openai/v1", "console.groq.com/keys"),
    openai_like("deepseek", "DeepSeek", "DEEPSEEK_API_KEY", "https://api.deepseek.com/v1",
                "platform.deepseek.com/api_keys"),
    openai_like("together", "Together AI", "TOGETHER_API_KEY", "https://api.together.xyz/v1", ""),
    ProviderRow{"ollama", "", "Ollama", openai, "OLLAMA_API_KEY", "", "http://127.0.0.1:11434/v1", "/v1", "", "", false,
                false},
    ProviderRow{"vllm", "", "vLLM", openai, "VLLM_API_KEY", "", "http://127.0.0.1:8000/v1", "/v1", "", "", false,
                false},
    openai_like("cerebras", "Cerebras", "CEREBRAS_API_KEY", "https://api.cerebras.ai/v1", ""),
    openai_like("fireworks", "Fireworks", "FIREWORKS_API_KEY", "https://api.fireworks.ai/inference/v1", ""),
    openai_like("huggingface", "Hugging Face", "HF_TOKEN", "https://router.huggingface.co/v1",
                "huggingface.co/settings/tokens"),
    openai_like("nvidia", "NVIDIA NIM", "NVIDIA_API_KEY", "https://integrate.api.nvidia.com/v1", ""),
    openai_like("moonshotai", "Moonshot AI", "MOONSHOT_API_KEY", "https://api.moonshot.ai/v1", ""),
    openai_like("zai", "ZAI", "ZAI_API_KEY", "", ""),
    openai_like("minimax", "MiniMax", "MINIMAX_API_KEY", "", ""),
};

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        if (end > 0) words.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

std::string upper_case(std::string_view provider) {
    std::string name;
    for (const char c : provider) name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return name;
}

}  // namespace

std::span<const ProviderRow> provider_rows() { return rows; }

const ProviderRow* find_provider(std::string_view name) {
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const ProviderRow& row) {
        return row.name == name || (!row.alias.empty() && row.alias == name);
    });
    return found == rows.end() ? nullptr : &*found;
}

const ProviderRow& provider_row(std::string_view name) {
    if (const ProviderRow* row = find_provider(name)) return *row;
    std::string known;
    for (const ProviderRow& row : rows) known += fmt::format("{}{}", known.empty() ? "" : ", ", row.name);
    throw Error{Code::usage, "the provider '{}' is not known", printable(name, 40)}.hint("Known providers: " + known +
                                                                                         ".");
}

bool is_provider_name(std::string_view name) {
    constexpr std::size_t longest = 40;
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return !name.empty() && name.size() <= longest && std::all_of(name.begin(), name.end(), fits);
}

std::string canonical_provider(std::string_view name) {
    const ProviderRow* row = find_provider(name);
    return std::string{row == nullptr ? name : row->name};
}

std::vector<std::string> credential_variables(std::string_view provider) {
    const ProviderRow* row = find_provider(provider);
    if (row == nullptr) return {upper_case(provider) + "_API_KEY"};
    if (row->makes_keys) return {"OPENAI_ADMIN_KEY"};
    std::vector<std::string> found{std::string{row->variable}};
    for (const std::string_view each : words_of(row->also)) {
        if (each.ends_with("_API_KEY")) found.emplace_back(each);
    }
    return found;
}

std::vector<std::string> key_variables_of_all() {
    std::vector<std::string> all;
    for (const ProviderRow& row : rows) {
        all.emplace_back(row.variable);
        for (const std::string_view each : words_of(row.also)) all.emplace_back(each);
    }
    return all;
}

bool makes_keys_at(std::string_view provider) {
    const ProviderRow* row = find_provider(provider);
    return row != nullptr && row->makes_keys;
}

std::string_view credential_word(bool makes_keys) { return makes_keys ? "admin key" : "API key"; }

std::string base_url_variable(std::string_view provider) { return "EPH_" + upper_case(provider) + "_BASE_URL"; }

std::string_view name_of(ApiFamily family) {
    switch (family) {
        case openai:
            return "openai";
        case anthropic:
            return "anthropic";
        case google:
            return "google";
    }
    return "";
}

ApiFamily family_named(std::string_view name) {
    for (const ApiFamily family : {anthropic, google}) {
        if (name == name_of(family)) return family;
    }
    return openai;
}

}  // namespace eph
