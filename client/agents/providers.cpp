// The variables are those of Pi's own table (its docs/providers.md), of providers that need one key and nothing else.
#include "client/agents/providers.hpp"

#include "common/error.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

constexpr ProviderRow rows[] = {
    {"openai", "OpenAI", "OPENAI_API_KEY", "platform.openai.com/api-keys"},
    {"anthropic", "Anthropic", "ANTHROPIC_API_KEY", "console.anthropic.com/settings/keys"},
    {"openrouter", "OpenRouter", "OPENROUTER_API_KEY", "openrouter.ai/settings/keys"},
    {"google", "Google Gemini", "GEMINI_API_KEY", "aistudio.google.com/apikey"},
    {"xai", "xAI", "XAI_API_KEY", "console.x.ai"},
    {"mistral", "Mistral", "MISTRAL_API_KEY", "console.mistral.ai/api-keys"},
    {"groq", "Groq", "GROQ_API_KEY", "console.groq.com/keys"},
    {"deepseek", "DeepSeek", "DEEPSEEK_API_KEY", "platform.deepseek.com/api_keys"},
    {"cerebras", "Cerebras", "CEREBRAS_API_KEY", ""},
    {"together", "Together AI", "TOGETHER_API_KEY", ""},
    {"fireworks", "Fireworks", "FIREWORKS_API_KEY", ""},
    {"huggingface", "Hugging Face", "HF_TOKEN", "huggingface.co/settings/tokens"},
    {"nvidia", "NVIDIA NIM", "NVIDIA_API_KEY", ""},
    {"moonshotai", "Moonshot AI", "MOONSHOT_API_KEY", ""},
    {"zai", "ZAI", "ZAI_API_KEY", ""},
    {"minimax", "MiniMax", "MINIMAX_API_KEY", ""},
};

}  // namespace

const ProviderRow& provider_row(std::string_view name) {
    std::string known;
    for (const ProviderRow& row : rows) {
        if (row.name == name) return row;
        known += fmt::format("{}{}", known.empty() ? "" : ", ", row.name);
    }
    throw Error{Code::usage, "the provider '{}' is not known", printable(name, 40)}.hint("Known providers: " + known +
                                                                                         ".");
}

bool makes_keys(std::string_view provider) { return provider == "openai"; }

}  // namespace eph
