// Storing and removing accounts.
#include <algorithm>

#include "common/error.hpp"
#include "daemon/accounts/accounts.hpp"
#include "daemon/accounts/store_calls.hpp"

namespace eph {
namespace {

bool runs_program(const std::string& store) { return !store.empty() && find_store(store).put != nullptr; }

// A keyring may ask its person to unlock it first.
Duration write_limit(const Config& config) {
    return std::max<Duration>(std::chrono::seconds{60}, config.store_timeout);
}

}  // namespace

std::string Accounts::name_meant(const std::string& provider, const Credential& from_client) {
    refresh();
    const ProviderView view = provider_view(provider, config_);
    std::string name = from_client.account;
    if (name.empty()) {
        name = config_.default_account;
        const StoredAccount* named = config_.find_named(name);
        const bool its_own = named == nullptr ? view.makes_keys : named->provider == view.name;
        if (!its_own) name = default_name;
    }
    check_account_name(name);
    const StoredAccount* others = config_.find_named(name);
    if (others != nullptr && others->provider != view.name) throw no_such(view, name);
    return name;
}

std::optional<StoredAccount> Accounts::stored(const std::string& provider, const std::string& name) {
    refresh();
    const StoredAccount* found = config_.find(provider, name);
    if (found == nullptr) return std::nullopt;
    return found->without_key();
}

AccountRef Accounts::preview(const StoredAccount& account, const Secret& key) {
    Outline whole = outline(account);
    const auto found = found_.find(account.provider);
    if (whole.base_url.empty() && found != found_.end() && account.name == name_meant(account.provider, Credential{}))
        whole.base_url = found->second.credential.base_url;
    whole.key = key.empty() ? nullptr : &key;
    whole.slot.reset();
    AccountRef made = make(whole);
    if (!made && whole.provider.makes_keys) throw Error{Code::usage, "an account needs an admin key and a project id"};
    if (!made) throw missing(whole);
    return made;
}

Task<std::string> Accounts::store(StoredAccount account, Secret key) {
    (void)read_config(file_);  // into a file that cannot be used nothing is written
    const std::string name = account.name;
    const std::string provider = account.provider;
    const Slot slot{account};
    if (key.empty()) account.store.clear();  // of a provider that needs none
    account.fingerprint = key.empty() ? "" : fingerprint_of(key);
    if (runs_program(account.store)) co_await put_into_store(slot, key.copy(), write_limit(config_));
    const std::optional<StoredAccount> before = stored(provider, name);  // by now it may be another request's
    if (account.store == file_store) account.secret = key.copy();
    write_account(file_, account);
    if (account.store != file_store && !key.empty()) vault_.put(slot, std::move(key));
    refresh();
    if (const StoredAccount* now = config_.find(provider, name)) {
        if (const AccountRef made = make(outline(*now))) announce(made);
    }
    if (!before || before->store == account.store || !runs_program(before->store)) co_return "";
    std::string left;
    try {
        const Slot old{*before};
        co_await clear_from_store(old, write_limit(config_));
    } catch (const Error& error) {
        left = "the copy that was kept before is still there: " + error.message();
    }
    co_return left;
}

Task<void> Accounts::erase(std::string provider, std::string name) {
    (void)read_config(file_);
    const std::optional<StoredAccount> account = stored(provider, name);
    if (!account) co_return;
    const Slot slot{*account};
    if (runs_program(account->store)) co_await clear_from_store(slot, write_limit(config_));
    erase_account(file_, name, account->provider);
    vault_.forget(slot);
    refresh();
}

void Accounts::refused(const AccountRef& account) {
    drop_client(account);
    const StoredAccount* stored =
        account->name.empty() ? nullptr : config_.find(account->place.provider, account->name);
    if (stored == nullptr || stored->store.empty() || find_store(stored->store).load == nullptr) return;
    const Slot slot{*stored};
    const Secret* key = vault_.key(slot);
    if (key == nullptr || !key->equals(account->secret.reveal())) return;
    vault_.forget(slot);  // not what was announced: if the store gives the same key again, nothing is due for that
}

}  // namespace eph
