// Which account a request works with, and which account can revoke a key.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/accounts/account.hpp"
#include "daemon/accounts/config_file.hpp"
#include "daemon/accounts/environment.hpp"
#include "daemon/accounts/provider_view.hpp"
#include "daemon/accounts/vault.hpp"

namespace eph {

class Accounts {
public:
    // `found` is what ephd has from its own environment and from systemd's credentials directory.
    Accounts(asio::any_io_executor executor, std::filesystem::path config_file, FoundCredentials found);

    // The account for `provider`: the stored one that the client names, and that alone; else, field by field, what the
    // client sent for that provider, ephd's environment, and the stored account that is meant where nobody names one.
    // Asks its store if need be. Throws Error{no_account} that says what is missing.
    Task<AccountRef> pick(std::string provider, const Credential& from_client);

    // Keeps the client's own key, if it sent one, for what is to come: revocations, requests through the broker; of
    // each place no more than a few. Asks no store.
    void remember(const Credential& from_client);

    // Throws Error{usage} with the names that there are.
    ProviderView provider(const std::string& name);

    // The account for the n-th attempt to revoke a key of that place: those whose key is at hand first, of these the
    // one it was made with, and in every other attempt one of the others in turn, as any of them may have been
    // withdrawn. Throws Error{no_account}.
    Task<AccountRef> for_place(Place place, std::string fingerprint, std::int64_t attempt,
                               Asker asker = Asker::janitor);

    // The account that a session goes on with: that of the fingerprint, or, where its key has changed since, the only
    // one of that place. Throws Error{no_account}.
    Task<AccountRef> again(Place place, std::string fingerprint);

    // Whether for_place() would have to ask a store first.
    bool must_ask(const Place& place, const std::string& fingerprint, std::int64_t attempt);
    bool configured(const Place& place);  // whether a store may have an account of that place

    std::vector<AccountRef> loaded();  // whose key is at hand: each place and key once
    // Those that make keys, after asking every store. Those that gave nothing are named in `problems`.
    Task<std::vector<AccountRef>> all(std::vector<std::string>& problems);
    // Every account there is, the one that a request with these credentials works with first. Asks no store.
    std::vector<KnownAccount> known(const Credential& from_client);
    std::string where(const KnownAccount& account) const;  // its key is, for people
    std::vector<std::string> notes();                      // what is wrong with the configuration, for people
    const Config& config();                                // as the file says now

    // --- changing what is stored ---
    // The stored account that is named, or else the provider's default. Throws Error{no_account} for another's.
    std::string name_meant(const std::string& provider, const Credential& from_client);
    std::optional<StoredAccount> stored(const std::string& provider, const std::string& name);  // without its key
    AccountRef preview(const StoredAccount& account, const Secret& key);                        // what it would be
    // Into its store, then into the file. Returns what could not be done about an older copy elsewhere, or "".
    Task<std::string> store(StoredAccount account, Secret key);
    Task<void> erase(std::string provider, std::string name);  // from its store, then from the file

    // The provider refuses its key: the store is asked again before it is used again; one that a client sent goes,
    // unless it is the last of its place.
    void refused(const AccountRef& account);

    bool has_clients() const { return !from_clients_.empty(); }
    void forget_clients_except(const std::set<Place>& needed);

    // Called whenever an account became available that was not there before.
    std::function<void(const Place&)> on_loaded;
    // Fingerprints of the accounts with which what is unsettled at a place was made.
    std::function<std::set<std::string>(const Place&)> in_use;

private:
    // An account as far as it is known without asking its store.
    struct Outline {
        ProviderView provider;
        std::string name;
        std::string project;
        std::string base_url;
        std::string source;                  // where its key is, or has to come from; "" nowhere
        std::string fingerprint;             // where the key is not at hand
        const Secret* key = nullptr;         // at hand
        std::optional<Slot> slot;            // of the store that has to be asked
        std::optional<std::string> only_at;  // the address of a key that is not the client's, where it names another
    };
    Outline outline(const std::string& provider, const Credential& from_client) const;
    Outline outline(const StoredAccount& stored) const;
    Outline merge(const ProviderView& provider, const Credential& from_client, const StoredAccount* stored) const;
    static bool address_counts(const StoredAccount& stored, const Outline& rest, const Secret* key);
    const StoredAccount* usual(const std::string& provider) const;
    AccountRef make(const Outline& outline) const;
    BaseUrl place_of(const Outline& outline) const;
    KnownAccount describe(const Outline& outline) const;
    Error missing(const Outline& outline) const;
    Error no_such(const ProviderView& provider, const std::string& name) const;
    void refresh();
    void take_further();
    void keep(const AccountRef& account);
    void make_room(const Place& place);
    void drop_client(const AccountRef& refused);
    void announce(const AccountRef& account);
    std::vector<KnownAccount> candidates(const Place& place, const std::string& fingerprint, std::int64_t attempt);
    Task<void> load(std::string provider, std::string name, Asker asker);

    std::filesystem::path file_;
    FoundCredentials found_;
    Config config_;
    std::string config_error_;
    std::string config_stamp_ = "never read";
    Vault vault_;
    std::vector<AccountRef> from_clients_;
    std::set<std::pair<Place, std::string>> announced_;
};

}  // namespace eph
