// Choosing an account, field by field, from the sources in their order.
#include "daemon/accounts/accounts.hpp"

#include <algorithm>
#include <array>

#include <openssl/evp.h>
#include <spdlog/spdlog.h>

#include "common/error.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

constexpr const char* openai_base_url = "https://api.openai.com/v1";

struct Choice {
    const Credential* credential;
    std::string source;
};

}  // namespace

std::string fingerprint_of(const Secret& key) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    const std::string_view text = key.reveal();
    EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
    std::string hex;
    for (std::size_t i = 0; i < 6; ++i) hex += fmt::format("{:02x}", digest[i]);
    return hex;
}

Accounts::Accounts(std::filesystem::path config_file, Credential environment, std::string environment_source)
    : file_(std::move(config_file)),
      environment_(std::move(environment)),
      environment_source_(std::move(environment_source)) {
    refresh();
}

// The file is read again when it changed, so that editing it needs no restart.
void Accounts::refresh() {
    std::error_code missing;
    const auto changed = std::filesystem::last_write_time(file_, missing);
    const auto stamp = missing ? std::filesystem::file_time_type{} : changed;
    if (config_seen_ && stamp == config_read_ && config_error_.empty()) return;
    config_seen_ = true;
    config_read_ = stamp;
    try {
        config_ = read_config(file_);
        config_error_.clear();
    } catch (const Error& error) {
        if (config_error_.empty()) spdlog::error("{}", error.message());
        config_error_ = error.message() + (error.hint().empty() ? "" : " " + error.hint());
        config_ = Config{};
    }
}

AccountRef Accounts::make(const Credential& from_client) {
    const std::array<Choice, 3> choices{
        {{&from_client, "client"}, {&environment_, environment_source_}, {&config_.openai, "file"}}};
    auto account = std::make_shared<Account>();
    account->place.provider = "openai";
    std::string base_url;
    for (const Choice& choice : choices) {
        if (account->admin_key.empty() && !choice.credential->admin_key.empty()) {
            account->admin_key = choice.credential->admin_key.copy();
            account->source = choice.source;
        }
        if (account->place.project.empty()) account->place.project = choice.credential->project;
        if (base_url.empty()) base_url = choice.credential->base_url;
    }
    if (account->admin_key.empty() || account->place.project.empty()) return nullptr;
    if (has_control(account->admin_key.reveal()) || account->admin_key.reveal().find(' ') != std::string_view::npos) {
        throw Error{Code::usage, "the OpenAI admin key holds white space or control characters"}.hint(
            "Copy it again, without line breaks.");
    }
    if (!std::isalnum(static_cast<unsigned char>(account->place.project[0])) ||  // neither "." nor ".."
        !std::all_of(account->place.project.begin(), account->place.project.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.'; })) {
        throw Error{Code::usage, "'{}' is not an OpenAI project id", printable(account->place.project, 80)}.hint(
            "It looks like proj_..., see platform.openai.com/settings.");
    }
    account->base = parse_base_url(base_url.empty() ? openai_base_url : base_url);
    refuse_another_address(*account, from_client);
    account->place.base_url = account->base.text();
    account->own_base_url = account->base != parse_base_url(openai_base_url);
    account->fingerprint = fingerprint_of(account->admin_key);
    return account;
}

// Whoever may ask ephd for a key may not have ephd's own admin key sent to an address of their choice.
void Accounts::refuse_another_address(const Account& account, const Credential& from_client) {
    if (from_client.base_url.empty() || !from_client.admin_key.empty()) return;
    const std::string& own = environment_.base_url.empty() ? config_.openai.base_url : environment_.base_url;
    if (account.base == parse_base_url(own.empty() ? openai_base_url : own)) return;
    throw Error{Code::forbidden, "the stored admin key is not sent to {}, which only EPH_OPENAI_BASE_URL names",
                account.base.text()}
        .hint(
            "Store the address too (eph auth setup --base-url ...), set OPENAI_ADMIN_KEY as well, or unset "
            "EPH_OPENAI_BASE_URL.");
}

void Accounts::announce(const AccountRef& account) {
    if (!announced_.insert({account->place, account->fingerprint}).second) return;
    if (on_loaded) on_loaded(account->place);
}

AccountRef Accounts::preview(const Credential& credential) {
    AccountRef account = make(credential);
    if (!account) throw Error{Code::usage, "an account needs an admin key and a project id"};
    return account;
}

AccountRef Accounts::pick(const std::string& provider, const Credential& from_client) {
    if (provider != "openai") {
        throw Error{Code::usage, "the provider '{}' is not known", printable(provider, 40)}.hint(
            "Known providers: openai.");
    }
    refresh();
    AccountRef account = make(from_client);
    if (account) {
        if (!from_client.empty() &&
            std::none_of(from_clients_.begin(), from_clients_.end(), [&](const AccountRef& each) {
                return each->place == account->place && each->fingerprint == account->fingerprint;
            })) {
            from_clients_.push_back(account);
        }
        announce(account);
        return account;
    }
    if (!config_error_.empty()) throw Error{Code::no_account, "no OpenAI account: {}", config_error_};
    const bool no_key =
        from_client.admin_key.empty() && environment_.admin_key.empty() && config_.openai.admin_key.empty();
    throw Error{Code::no_account, "no OpenAI {} is loaded", no_key ? "admin key" : "project"}.hint(
        no_key ? "Run eph auth setup, or set OPENAI_ADMIN_KEY and OPENAI_PROJECT_ID."
               : "Run eph auth setup, or set OPENAI_PROJECT_ID.");
}

std::vector<AccountRef> Accounts::loaded() {
    refresh();
    std::vector<AccountRef> accounts;
    try {
        if (AccountRef own = make(Credential{})) {
            announce(own);
            accounts.push_back(std::move(own));
        }
    } catch (const Error& error) {
        config_error_ = error.message();
    }
    for (const AccountRef& each : from_clients_) {
        const bool known = std::any_of(accounts.begin(), accounts.end(), [&](const AccountRef& other) {
            return other->place == each->place && other->fingerprint == each->fingerprint;
        });
        if (!known) accounts.push_back(each);
    }
    return accounts;
}

AccountRef Accounts::for_place(const Place& place, const std::string& fingerprint, std::int64_t attempt) {
    std::vector<AccountRef> fitting = loaded();
    std::erase_if(fitting, [&](const AccountRef& account) { return account->place != place; });
    if (fitting.empty()) return nullptr;
    std::stable_partition(fitting.begin(), fitting.end(),
                          [&](const AccountRef& account) { return account->fingerprint == fingerprint; });
    return fitting[static_cast<std::size_t>(attempt) % fitting.size()];
}

std::vector<std::string> Accounts::notes() {
    refresh();
    if (config_error_.empty()) return {};
    return {config_error_};
}

const Config& Accounts::config() {
    refresh();
    return config_;
}

void Accounts::store(Credential account) {
    write_account(file_, account);
    config_seen_ = false;
    (void)loaded();
}

void Accounts::forget_clients_except(const std::set<Place>& needed) {
    std::erase_if(from_clients_, [&](const AccountRef& account) {
        if (needed.contains(account->place)) return false;
        announced_.erase({account->place, account->fingerprint});
        return true;
    });
}

}  // namespace eph
