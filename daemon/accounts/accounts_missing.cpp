// What to say where an account is missing, or a part of it.
#include "common/error.hpp"
#include "common/text.hpp"
#include "daemon/accounts/accounts.hpp"

namespace eph {
namespace {

std::string names_of(const Config& config, const std::string& provider) {
    std::string names;
    for (const StoredAccount& each : config.accounts) {
        if (each.provider == provider) names += (names.empty() ? "" : ", ") + each.name;
    }
    return names;
}

std::string variables_of(const ProviderView& provider) {
    return provider.credential_variables.front() + (provider.makes_keys ? " and OPENAI_PROJECT_ID" : "");
}

}  // namespace

Error Accounts::no_such(const ProviderView& provider, const std::string& name) const {
    if (const StoredAccount* others = config_.find_named(name)) {
        const ProviderView owner = provider_view(others->provider, config_);
        return Error{Code::no_account, "the account {} is {}'s, not {}'s", name, owner.title, provider.title}.hint(
            fmt::format("Add --provider {}, or name another account.", owner.name));
    }
    const std::string known = names_of(config_, provider.name);
    return Error{Code::no_account, "there is no account '{}'", printable(name, 60)}.hint(
        (config_error_.empty() ? "" : config_error_ + ". ") + (known.empty() ? "" : "There is: " + known + ". ") +
        "A new one is stored with: " + setup_command(provider.name) + " --account NAME");
}

Error Accounts::missing(const Outline& outline) const {
    const ProviderView& provider = outline.provider;
    if (!config_error_.empty()) return Error{Code::no_account, "no {} account: {}", provider.title, config_error_};
    const std::string& meant = config_.default_account;
    const std::string known = names_of(config_, provider.name);
    const bool no_key = outline.key == nullptr && provider.needs_key;
    if (no_key && provider.makes_keys && meant != default_name && config_.find(provider.name, meant) == nullptr &&
        config_.find_named(meant) == nullptr) {
        return Error{Code::no_account, "there is no account '{}', which the configuration calls the default one", meant}
            .hint("Run: " + setup_command(provider.name, meant));
    }
    if (no_key && outline.name.empty() && known.find(',') != known.npos) {
        return Error{Code::no_account, "{} has several accounts, and none of them is the default one", provider.title}
            .hint("Name one with --account: " + known + "; or make it the default_account in config.json.");
    }
    if (no_key) {
        return Error{Code::no_account, "no {} {} is loaded", provider.title, provider.credential()}.hint(
            fmt::format("Run {}, or set {}.", setup_command(provider.name), variables_of(provider)));
    }
    if (provider.makes_keys && outline.project.empty()) {
        return Error{Code::no_account, "no {} project is loaded", provider.title}.hint(
            fmt::format("Run {}, or set OPENAI_PROJECT_ID.", setup_command(provider.name)));
    }
    return Error{Code::no_account, "eph does not know where the API of {} is", provider.title}.hint(fmt::format(
        "Say it: {} --base-url URL, or set {}.", setup_command(provider.name), base_url_variable(provider.name)));
}

}  // namespace eph
