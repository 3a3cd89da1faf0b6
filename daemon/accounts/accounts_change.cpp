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

std::string Accounts::name_meant(const Credential& from_client) {
    refresh();
    std::string name = from_client.account.empty() ? config_.default_account : from_client.account;
    check_account_name(name);
    return name;
}

std::optional<StoredAccount> Accounts::stored(const std::string& name) {
    refresh();
    const StoredAccount* found = config_.find(name);
    if (found == nullptr) return std::nullopt;
    StoredAccount account;
    account.name = found->name;
    account.provider = found->provider;
    account.store = found->store;
    account.project = found->project;
    account.base_url = found->base_url;
    account.command = found->command;
    account.shell = found->shell;
    account.fingerprint = found->fingerprint;
    return account;
}

AccountRef Accounts::preview(const StoredAccount& account, const Secret& key) {
    Outline whole = outline(account);
    if (whole.base_url.empty() && account.name == config_.default_account) whole.base_url = environment_.base_url;
    whole.key = &key;
    AccountRef made = make(whole);
    if (!made) throw Error{Code::usage, "an account needs an admin key and a project id"};
    return made;
}

Task<std::string> Accounts::store(StoredAccount account, Secret key) {
    (void)read_config(file_);  // into a file that cannot be used nothing is written
    const std::string name = account.name;
    const std::optional<StoredAccount> before = stored(name);
    const Slot slot{account};
    account.fingerprint = fingerprint_of(key);
    if (runs_program(account.store)) co_await put_into_store(slot, key.copy(), write_limit(config_));
    if (account.store == file_store) account.admin_key = key.copy();
    write_account(file_, account);
    if (account.store != file_store) vault_.put(slot, std::move(key));
    refresh();
    if (const StoredAccount* now = config_.find(name)) {
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

Task<void> Accounts::erase(std::string name) {
    (void)read_config(file_);
    const std::optional<StoredAccount> account = stored(name);
    if (!account) co_return;
    const Slot slot{*account};
    if (runs_program(account->store)) co_await clear_from_store(slot, write_limit(config_));
    erase_account(file_, name, account->provider);
    vault_.forget(slot);
    refresh();
}

void Accounts::refused(const AccountRef& account) {
    const StoredAccount* stored = account->name.empty() ? nullptr : config_.find(account->name);
    if (stored == nullptr || stored->store.empty() || find_store(stored->store).load == nullptr) return;
    const Slot slot{*stored};
    const Secret* key = vault_.key(slot);
    if (key == nullptr || !key->equals(account->admin_key.reveal())) return;
    vault_.forget(slot);  // not what was announced: if the store gives the same key again, nothing is due for that
}

}  // namespace eph
