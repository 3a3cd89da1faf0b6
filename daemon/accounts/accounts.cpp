// Putting an account together, field by field, from the sources in their order.
#include "daemon/accounts/accounts.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>

#include <spdlog/spdlog.h>

#include "common/error.hpp"
#include "common/text.hpp"

namespace eph {
namespace {

// What changes whenever the file does.
std::string stamp_of(const std::filesystem::path& file) {
    struct stat info {};
    if (stat(file.c_str(), &info) != 0) return "none";
#if defined(__APPLE__)
    const timespec changed = info.st_mtimespec;
#else
    const timespec changed = info.st_mtim;
#endif
    return fmt::format("{} {} {}.{} {:o}", info.st_ino, info.st_size, changed.tv_sec, changed.tv_nsec, info.st_mode);
}

void check_key(const ProviderView& provider, const Secret& key) {
    if (!has_control(key.reveal()) && key.reveal().find(' ') == std::string_view::npos) return;
    throw Error{Code::usage, "the {} {} holds white space or control characters", provider.title, provider.credential()}
        .hint("Copy it again, without line breaks.");
}

void check_project(const std::string& project) {
    const auto usual = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.'; };
    const bool fine = std::isalnum(static_cast<unsigned char>(project[0])) != 0 &&  // neither "." nor ".."
                      std::all_of(project.begin(), project.end(), usual);
    if (fine) return;
    throw Error{Code::usage, "'{}' is not an OpenAI project id", printable(project, 80)}.hint(
        "It looks like proj_..., see platform.openai.com/settings.");
}

Error astray(const ProviderView& provider, const BaseUrl& base) {
    const std::string variable = base_url_variable(provider.name);
    const std::string own = provider.credential_variables.front();
    return Error{Code::forbidden, "the stored {} is not sent to {}, which only {} names", provider.credential(),
                 base.text(), variable}
        .hint(fmt::format("Store the address too ({} --base-url ...), set {} as well, or unset {}.",
                          setup_command(provider.name), own, variable));
}

}  // namespace

Accounts::Accounts(asio::any_io_executor executor, std::filesystem::path config_file, FoundCredentials found)
    : file_(std::move(config_file)), found_(std::move(found)), vault_(executor) {
    refresh();
}

// The file is read again when it changed, so that editing it needs no restart. One that cannot be used leaves what was
// read before: a slip of the pen must not keep keys from being revoked.
void Accounts::refresh() {
    std::string stamp = stamp_of(file_);
    if (stamp == config_stamp_ && config_error_.empty()) return;
    try {
        config_ = read_config(file_);
        config_error_.clear();
        take_further();
    } catch (const Error& error) {
        if (stamp != config_stamp_) spdlog::error("{}", error.message());
        config_error_ = error.message() + (error.hint().empty() ? "" : ". " + error.hint());
    }
    config_stamp_ = std::move(stamp);
}

// What stands in ephd's environment for providers that only the configuration makes known.
void Accounts::take_further() {
    for (const ProviderConfig& each : config_.providers) {
        FoundCredential found = take_credential(provider_view(each.name, config_));
        if (!found.credential.secret.empty() || !found_.contains(each.name))
            found_.insert_or_assign(each.name, std::move(found));
    }
}

ProviderView Accounts::provider(const std::string& name) {
    refresh();
    return provider_view(name, config_);
}

// A stored address goes with the key that it is stored with. One that stands without a key is there for whichever
// comes.
bool Accounts::address_counts(const StoredAccount& stored, const Outline& rest, const Secret* key) {
    if (key == nullptr) return true;  // the stored one is meant
    const bool alone = stored.store.empty() && stored.secret.empty() && rest.provider.needs_key;
    return alone || (rest.key != nullptr && rest.key->equals(key->reveal()));
}

Accounts::Outline Accounts::merge(const ProviderView& provider, const Credential& from_client,
                                  const StoredAccount* stored) const {
    Outline whole;
    whole.provider = provider;
    const auto from = [&](const Credential& credential, const std::string& source) {
        if (whole.key == nullptr && !credential.secret.empty()) {
            whole.key = &credential.secret;
            whole.source = source;
        }
        if (whole.project.empty()) whole.project = credential.project;
        if (whole.base_url.empty()) whole.base_url = credential.base_url;
    };
    const bool for_it = from_client.provider == provider.name;  // a key is sent to its own provider, and to no other
    if (for_it) from(from_client, "client");
    const bool clients_own = whole.key != nullptr;
    const auto found = found_.find(provider.name);
    if (found != found_.end()) from(found->second.credential, found->second.source);
    std::string stored_address;
    if (stored != nullptr) {
        const Outline rest = outline(*stored);
        if (whole.project.empty()) whole.project = rest.project;
        if (address_counts(*stored, rest, whole.key)) stored_address = rest.base_url;
        if (whole.base_url.empty()) whole.base_url = stored_address;
        if (whole.key == nullptr) {
            whole.name = rest.name;
            whole.key = rest.key;
            whole.source = rest.source;
            whole.fingerprint = rest.fingerprint;
            whole.slot = rest.slot;
        } else if (whole.project.empty()) {
            whole.slot = rest.slot;  // the keychain may have the project
        }
    }
    if (for_it && !from_client.base_url.empty() && !clients_own) {
        whole.only_at = found == found_.end() ? "" : found->second.credential.base_url;
        if (whole.only_at->empty()) whole.only_at = stored_address;
        if (whole.only_at->empty()) whole.only_at = provider.base_url;
    }
    return whole;
}

Accounts::Outline Accounts::outline(const StoredAccount& stored) const {
    Outline whole;
    whole.provider = provider_view(stored.provider, config_);
    whole.name = stored.name;
    whole.project = stored.project;
    whole.base_url = stored.base_url;
    whole.source = stored.store.empty() && !whole.provider.needs_key ? file_store : stored.store;
    whole.fingerprint = stored.fingerprint;
    if (!stored.secret.empty()) whole.key = &stored.secret;
    if (stored.store.empty() || stored.store == file_store) return whole;
    const Slot slot{stored};
    whole.key = vault_.key(slot);
    if (whole.project.empty()) whole.project = vault_.project(slot);
    if (whole.key == nullptr) whole.slot = slot;
    return whole;
}

// The stored account that is meant where nobody names one: the configuration's default, or the provider's own default,
// or the only one of the provider.
const StoredAccount* Accounts::usual(const std::string& provider) const {
    const std::string& meant = config_.default_account;
    if (const StoredAccount* named = config_.find(provider, meant)) return named;
    const bool nobodys = meant != default_name && config_.find_named(meant) == nullptr;
    if (nobodys && makes_keys_at(provider)) return nullptr;
    if (const StoredAccount* plain = config_.find(provider, default_name)) return plain;
    const StoredAccount* only = nullptr;
    for (const StoredAccount& each : config_.accounts) {
        if (each.provider != provider) continue;
        if (only != nullptr) return nullptr;
        only = &each;
    }
    return only;
}

Accounts::Outline Accounts::outline(const std::string& provider, const Credential& from_client) const {
    const ProviderView view = provider_view(provider, config_);
    if (from_client.account.empty()) return merge(view, from_client, usual(view.name));
    if (const StoredAccount* named = config_.find(view.name, from_client.account)) return outline(*named);
    throw no_such(view, from_client.account);
}

BaseUrl Accounts::place_of(const Outline& outline) const {
    const std::string& text = outline.base_url.empty() ? outline.provider.base_url : outline.base_url;
    return base_url_for(outline.provider, text);
}

// Nothing where something is missing.
AccountRef Accounts::make(const Outline& outline) const {
    const ProviderView& provider = outline.provider;
    if (outline.key == nullptr && (provider.needs_key || outline.slot)) return nullptr;
    if (provider.makes_keys && outline.project.empty()) return nullptr;
    if (outline.base_url.empty() && provider.base_url.empty()) return nullptr;
    if (outline.key != nullptr) check_key(provider, *outline.key);
    if (provider.makes_keys) check_project(outline.project);
    auto account = std::make_shared<Account>();
    account->name = outline.name;
    account->base = place_of(outline);
    // Whoever may ask ephd for a key may not have ephd's own key sent to an address of their choice.
    const bool leads_astray = outline.only_at && outline.key != nullptr &&
                              (outline.only_at->empty() || account->base != base_url_for(provider, *outline.only_at));
    if (leads_astray) throw astray(provider, account->base);
    account->place = {provider.name, provider.makes_keys ? outline.project : "", account->base.text()};
    account->own_base_url =
        provider.own_base_url.empty() || account->base != base_url_for(provider, provider.own_base_url);
    account->makes_keys = provider.makes_keys;
    account->source = outline.source.empty() ? "none" : outline.source;
    if (outline.key != nullptr) {
        account->secret = outline.key->copy();
        account->fingerprint = fingerprint_of(account->secret);
    }
    return account;
}

Task<AccountRef> Accounts::pick(std::string provider, const Credential& from_client) {
    refresh();
    Outline whole = outline(provider, from_client);
    if (whole.slot) {
        co_await vault_.load(*whole.slot, config_.store_timeout, Asker::person);
        refresh();
        whole = outline(provider, from_client);
    }
    AccountRef account = make(whole);
    if (!account) throw missing(whole);
    if (!from_client.empty() && from_client.provider == whole.provider.name) keep(account);
    announce(account);
    co_return account;
}

void Accounts::announce(const AccountRef& account) {
    if (!account->makes_keys) return;  // no key waits for it
    if (!announced_.insert({account->place, account->fingerprint}).second) return;
    if (on_loaded) on_loaded(account->place);
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

}  // namespace eph
