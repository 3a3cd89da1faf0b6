// Decisions alone.
#include "client/session/credential.hpp"

#include "client/agents/agent.hpp"
#include "common/error.hpp"
#include "common/providers.hpp"

namespace eph {
namespace {

constexpr std::string_view all_limits = "--models, --max-requests, --max-tokens, --budget and --rpm";

Error limits_need_broker(std::string_view because) {
    return Error{Code::usage, "{} are limits of the broker, {}", all_limits, because};
}

// Where agents look beside what the table of providers has: their logins, which they prefer to a key.
constexpr std::string_view logins_of(ApiFamily family) {
    switch (family) {
        case ApiFamily::openai:
            return "";
        case ApiFamily::anthropic:
            return "ANTHROPIC_OAUTH_TOKEN CLAUDE_CODE_OAUTH_TOKEN";
        case ApiFamily::google:
            return "GOOGLE_GENERATIVE_AI_API_KEY";
    }
    return "";
}

void add_words(std::vector<std::string>& list, std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        if (end > 0) list.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

}  // namespace

std::string_view name_of(Credential credential) {
    switch (credential) {
        case Credential::key:
            return "key";
        case Credential::broker:
            return "broker";
        case Credential::manual:
            return "manual";
    }
    return "";
}

bool any(const wire::Limits& limits) {
    return !limits.models.empty() || limits.max_requests || limits.max_tokens || limits.budget_micros || limits.rpm;
}

void check_way(Via via, const wire::Limits& limits, bool manual_key) {
    if (manual_key && via != Via::automatic)
        throw Error{Code::usage, "--via is not for a key of your own, which the host gets as it is"}.hint(
            "To keep it on this machine, store it with eph auth setup, and leave --prompt-key and --key-command out.");
    if (!any(limits)) return;
    if (manual_key)
        throw limits_need_broker("and a key of your own does not go through it")
            .hint("Store the key with eph auth setup, and use --via broker.");
    if (via == Via::key)
        throw limits_need_broker("and with --via key nothing goes through it").hint("Use --via broker.");
}

Credential credential_for(Via via, const wire::Limits& limits, const wire::Account& account) {
    if (via == Via::broker || (via == Via::automatic && account.via == "broker")) return Credential::broker;
    if (!account.makes_keys)
        throw Error{Code::usage, "eph can neither make nor revoke {} keys", account.title}.hint(
            "Leave --via key out, and the agent works through the broker. Or bring a key of your own, which the host "
            "gets and you revoke: --prompt-key asks for it, --key-command CMD runs a command that prints it.");
    if (any(limits))
        throw limits_need_broker("and this session would have a key")
            .hint("Add --via broker, which keeps the key here.");
    return Credential::key;
}

std::string broker_url(const wire::Account& account) {
    return fmt::format("http://127.0.0.1:{}/{}{}", port_placeholder, account.provider, account.base_path);
}

std::string credential_warning(const wire::Account& account) {
    return fmt::format("{} does not accept the credential that ephd holds; set another one: eph auth setup{}",
                       account.title, account.provider == "openai" ? "" : " --provider " + account.provider);
}

std::vector<std::string> variables_of_keys(const wire::Account& account) {
    std::vector<std::string> list;
    add_words(list, account.key_variable);
    if (const ProviderRow* row = find_provider(account.provider)) {
        if (row->variable != account.key_variable) add_words(list, row->variable);
        add_words(list, row->also);
        add_words(list, logins_of(row->family));
    }
    return list;
}

}  // namespace eph
