// Prefixes of keys.
#include "common/admin_key.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "common/providers.hpp"

namespace eph {
namespace {

struct Kind {
    std::string_view prefix;
    std::string_view name;
    std::string_view provider = "";  // whose API key it is; "" for what no model can be asked with
};

constexpr std::array others{
    Kind{"sk-proj-", "is the key of an OpenAI project"},
    Kind{"sk-svcacct-", "is the key of an OpenAI service account"},
    Kind{"sk-None-", "is an OpenAI user's own key"},
    Kind{"sk-ant-admin", "is an Anthropic admin key"},
    Kind{"sk-ant-", "is an Anthropic key"},
    Kind{"sk-or-", "is an OpenRouter key"},
    Kind{"proj_", "is the id of an OpenAI project"},
    Kind{"org-", "is the id of an OpenAI organisation"},
    Kind{"key_", "is the id of an OpenAI key, not the key"},
};

constexpr const char* where_to_get =
    "An admin key begins with sk-admin- and is made at platform.openai.com/settings/organization/admin-keys.";

// In this order: what begins like another's stands before it.
constexpr std::array api_keys{
    Kind{"sk-admin-", "is an OpenAI admin key"},
    Kind{"sk-ant-admin", "is an Anthropic admin key"},
    Kind{"sk-ant-oat", "is a token of a Claude subscription"},
    Kind{"sk-ant-", "is an Anthropic key", "anthropic"},
    Kind{"sk-or-", "is an OpenRouter key", "openrouter"},
    Kind{"sk-proj-", "is an OpenAI key", "openai"},
    Kind{"sk-svcacct-", "is an OpenAI key", "openai"},
    Kind{"AIza", "is a Google key", "google"},
    Kind{"gsk_", "is a Groq key", "groq"},
    Kind{"xai-", "is an xAI key", "xai"},
    Kind{"hf_", "is a Hugging Face token", "huggingface"},
    Kind{"nvapi-", "is an NVIDIA key", "nvidia"},
    Kind{"csk-", "is a Cerebras key", "cerebras"},
    Kind{"proj_", "is the id of an OpenAI project"},
    Kind{"org-", "is the id of an OpenAI organisation"},
    Kind{"key_", "is the id of an OpenAI key, not the key"},
};

std::string where_to_get_one(std::string_view provider) {
    const ProviderRow* row = find_provider(provider);
    if (row == nullptr) return "Give the key that programs use there.";
    std::string hint = fmt::format("Give the API key that programs use at {}", row->title);
    if (!row->keys_at.empty()) hint += fmt::format(": {}", row->keys_at);
    return hint;
}

bool is_blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

KeyFault odd_letters(std::string_view key) {
    if (std::any_of(key.begin(), key.end(), is_blank))
        return {"holds white space", "Copy it again, without line breaks."};
    const auto odd = [](char c) { return c <= 0x20 || c == 0x7f; };  // what is not ASCII is negative, or larger
    if (std::any_of(key.begin(), key.end(), odd))
        return {"holds characters that no key has", "Copy it again, without line breaks."};
    return {};
}

}  // namespace

KeyFault fault_of_admin_key(std::string_view key, bool at_openai) {
    if (key.empty()) return {"is empty", where_to_get};
    for (const Kind& each : others) {
        if (key.starts_with(each.prefix)) return {std::string{each.name}, where_to_get};
    }
    if (KeyFault odd = odd_letters(key); !odd.what.empty()) return odd;
    if (at_openai && !key.starts_with("sk-admin-")) return {"does not begin with sk-admin-", where_to_get};
    return {};
}

KeyFault fault_of_api_key(std::string_view provider, std::string_view key, bool at_provider) {
    if (key.empty()) return {"is empty", where_to_get_one(provider)};
    for (const Kind& each : api_keys) {
        if (!key.starts_with(each.prefix)) continue;
        if (each.provider == provider) break;
        if (each.provider.empty() || at_provider) return {std::string{each.name}, where_to_get_one(provider)};
        break;
    }
    if (KeyFault odd = odd_letters(key); !odd.what.empty()) return odd;
    if (at_provider && provider == "anthropic" && !key.starts_with("sk-ant-"))
        return {"does not begin with sk-ant-", where_to_get_one(provider)};
    return {};
}

std::string without_keys(std::string_view text) {
    constexpr std::string_view sign = "sk-";
    const auto of_word = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    };
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool begins = i == 0 || !of_word(text[i - 1]);
        if (!begins || !text.substr(i).starts_with(sign)) {
            result += text[i];
            continue;
        }
        result += "sk-...";
        while (i + 1 < text.size() && of_word(text[i + 1])) ++i;
    }
    return result;
}

}  // namespace eph
