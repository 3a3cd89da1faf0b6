// Accounts: shown without their secrets, stored, removed.
#include <set>

#include "common/admin_key.hpp"
#include "common/error.hpp"
#include "common/text.hpp"
#include "daemon/accounts/store_calls.hpp"
#include "daemon/accounts/store_choice.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/shared.hpp"
#include "daemon/api/views.hpp"
#include "daemon/providers/plain_key.hpp"

namespace eph {
namespace {

// What is to be stored: what was there, changed by what is wanted.
StoredAccount changed(std::optional<StoredAccount> before, const ProviderView& provider, const std::string& name,
                      const wire::SetAccount& wanted, const StoreChoice& choice) {
    StoredAccount account = before ? std::move(*before) : StoredAccount{};
    account.provider = provider.name;
    account.name = name;
    account.store = choice.store;
    if (!wanted.project.empty()) account.project = wanted.project;
    if (!wanted.base_url.empty()) account.base_url = wanted.base_url;
    if (!wanted.command.empty()) {
        account.command = {wanted.command};
        account.shell = true;
    }
    if (account.store != command_store) account.command.clear();
    if (provider.makes_keys && account.project.empty()) throw Error{Code::usage, "the project id is empty"};
    if (!provider.makes_keys && !account.project.empty())
        throw Error{Code::usage, "{} has no projects that eph could use", provider.title};
    return account;
}

void refuse_fault(const ProviderView& provider, const Secret& key, bool at_provider) {
    if (key.empty()) return;
    const KeyFault fault = provider.makes_keys ? fault_of_admin_key(key.reveal(), at_provider)
                                               : fault_of_api_key(provider.name, key.reveal(), at_provider);
    if (fault.what.empty()) return;
    throw Error{Code::usage, "what was given as the {} {}", provider.credential(), fault.what}.hint(fault.hint);
}

// Who may use ephd may not have what it keeps sent elsewhere: another address comes with the key, or with the command
// for it.
void refuse_to_move(const ProviderView& provider, const std::optional<StoredAccount>& before,
                    const wire::SetAccount& wanted) {
    const bool moves = before && !wanted.base_url.empty() && wanted.base_url != before->base_url;
    if (!moves || !wanted.admin_key.empty() || !wanted.command.empty() || before->store.empty()) return;
    throw Error{Code::forbidden, "the stored {} is not sent to another address, {}, without being given again",
                provider.credential(), printable(wanted.base_url, 200)}
        .hint("Give the command that prints it along with the address: --command '...'");
}

// The key that is wanted, or that the wanted command prints.
Task<Secret> key_for(Services& services, const ProviderView& provider, const StoredAccount& account,
                     std::string& given) {
    if (account.store != command_store) {
        if (given.empty() && provider.needs_key) throw Error{Code::usage, "the {} is empty", provider.credential()};
        co_return Secret::take(given);
    }
    if (!given.empty())
        throw Error{Code::usage, "the store command takes no {}", provider.credential()}.hint(
            "The command itself prints it.");
    if (account.command.empty())
        throw Error{Code::usage, "the store command needs a command"}.hint("Name it with --command '...'.");
    const Slot slot{account};
    FromStore found = co_await load_from_store(slot, services.accounts.config().store_timeout);
    co_return std::move(found.key);
}

// Whether the provider accepts it.
Task<void> check(Services& services, const ProviderView& provider, AccountRef account) {
    if (provider.makes_keys)
        co_await services.openai.check(account);
    else
        (void)co_await check_plain_key(services.https, provider, account);
    services.ledger.checked(account->place, account->fingerprint, now());
}

Task<StoreChoice> choose(std::string wanted, std::string before) {
    if (!wanted.empty()) {
        (void)find_store(wanted);
        StoreChoice choice{std::move(wanted), "", false};
        co_return choice;
    }
    std::string fault;
    if (before.empty() && !keychain_is_usual) fault = co_await fault_of_secret_service();
    co_return choose_store(before, keychain_is_usual, fault);
}

// Stores what was tried, whatever other requests have made of that account meanwhile. Where nobody has asked for its
// store, and nothing is kept there yet, one that does not take the key (a keyring that nobody can open, on a machine
// without a screen) gives way to the file.
Task<std::string> keep(Services& services, StoredAccount account, Secret key, StoreChoice& choice) {
    const bool at_will = choice.usual && find_store(choice.store).put != nullptr;
    StoredAccount in_file = account.without_key();
    in_file.store = file_store;
    std::optional<Error> failure;
    try {
        co_return co_await services.accounts.store(std::move(account), key.copy());
    } catch (const Error& error) {
        failure = error;
    }
    if (!at_will) throw *failure;
    choice = StoreChoice{file_store, failure->message(), true};
    co_return co_await services.accounts.store(std::move(in_file), std::move(key));
}

// Also those in another project, which an environment named for the account's admin key.
std::vector<KeyRow> keys_of(Services& services, const std::string& name, const Place& place) {
    std::set<Place> places{place};
    for (const KnownAccount& each : services.accounts.known(Credential{})) {
        if (each.name == name && each.place.provider == place.provider) places.insert(each.place);
    }
    std::vector<KeyRow> keys = services.ledger.unsettled_keys();
    std::erase_if(keys, [&](const KeyRow& key) { return !places.contains(key.place); });
    return keys;
}

// The sessions whose agents work with that very account through the broker, which have no key that could be revoked.
std::vector<SessionRow> sessions_of(Services& services, const KnownAccount& account) {
    std::vector<SessionRow> sessions = services.ledger.active_sessions();
    std::erase_if(sessions, [&](const SessionRow& each) {
        return !each.broker || !each.key.empty() || each.broker->place != account.place ||
               each.broker->fingerprint != account.fingerprint;
    });
    return sessions;
}

// Revokes them all, and returns those for which that is not confirmed.
Task<std::vector<wire::Key>> revoke_all(Services& services, std::vector<KeyRow> keys, std::string actor) {
    constexpr Duration patience = std::chrono::seconds{20};
    std::vector<Janitor::Awaited> awaited;
    for (const KeyRow& key : keys) {
        awaited.push_back({key.id, key.attempts});
        services.janitor.revoke(key.id, "account_removed", actor);
    }
    std::vector<wire::Key> left;
    for (const Janitor::Awaited& each : awaited) {
        const bool confirmed = co_await services.janitor.first_answer(each, patience);
        if (!confirmed) left.push_back(view(services.ledger.key(each.key).value()));
    }
    co_return left;
}

// The stored account of that name, the store not asked.
std::optional<KnownAccount> stored_account(Services& services, const std::string& provider, const std::string& name) {
    for (KnownAccount& each : services.accounts.known(Credential{})) {
        if (each.name == name && each.place.provider == provider) return std::move(each);
    }
    return std::nullopt;
}

// Where only its store knows the account's project, nobody knows yet which keys are its own: the store is asked.
Task<Place> place_of(Services& services, KnownAccount account) {
    if (!account.makes_keys || !account.in_store || !account.place.project.empty()) co_return account.place;
    Credential named;
    named.account = account.name;
    std::optional<Error> failure;
    try {
        const AccountRef loaded = co_await services.accounts.pick(account.place.provider, named);
        co_return loaded->place;
    } catch (const Error& error) {
        failure = error;
    }
    const std::optional<KnownAccount> now = stored_account(services, account.place.provider, account.name);
    if (now && now->in_store) throw Error{*failure};
    co_return account.place;  // not even the store knows it, so there can be no keys
}

Error nothing_stored(Services& services, const ProviderView& provider, const std::string& name,
                     const Credential& credential) {
    Error error{Code::not_found, "nothing is stored for the {}account {}",
                provider.makes_keys ? "" : provider.title + " ", printable(name, 60)};
    for (const KnownAccount& each : services.accounts.known(credential)) {
        if (each.place.provider != provider.name || !each.name.empty() || !credential.account.empty()) continue;
        return std::move(error).hint(fmt::format("Its {} comes from {}: unset {} there.", provider.credential(),
                                                 services.accounts.where(each), provider.credential_variables.front()));
    }
    const std::vector<std::string> notes = services.accounts.notes();  // a file that cannot be read may have it
    if (!notes.empty()) return std::move(error).hint(notes.front());
    return std::move(error).hint("eph auth show lists what there is.");
}

ApiReply reply_with(const wire::AccountChange& change, int status = 200) {
    ApiReply reply;
    reply.status = status;
    reply.body = wire::encode(change);
    return reply;
}

}  // namespace

Task<ApiReply> list_accounts(Services& services, const ApiRequest& request) {
    remember(services, request);
    wire::AccountList list;
    for (const KnownAccount& each : services.accounts.known(request.credential)) {
        list.accounts.push_back(view_account(services, each));
    }
    ApiReply reply;
    reply.body = wire::encode(list);
    co_return reply;
}

Task<ApiReply> show_account(Services& services, const ApiRequest& request) {
    const AccountRef account = co_await services.accounts.pick(request.param("provider"), request.credential);
    ApiReply reply;
    reply.body = wire::encode(view_account(services, known_account(account)));
    co_return reply;
}

Task<ApiReply> set_account(Services& services, const ApiRequest& request) {
    auto wanted = wire::decode<wire::SetAccount>(request.body);
    const ProviderView provider = services.accounts.provider(request.param("provider"));
    const std::string name = services.accounts.name_meant(provider.name, request.credential);
    std::optional<StoredAccount> before = services.accounts.stored(provider.name, name);
    const std::string kept_in = before ? before->store : std::string{};
    refuse_to_move(provider, before, wanted);
    const bool without = wanted.admin_key.empty() && wanted.store.empty() && !provider.needs_key;
    if (without) wanted.store = file_store;  // where there is no key, config.json has all there is
    StoreChoice choice = co_await choose(wanted.store, kept_in);
    StoredAccount account = changed(std::move(before), provider, name, wanted, choice);
    Secret key = co_await key_for(services, provider, account, wanted.admin_key);
    refuse_fault(provider, key, false);
    const AccountRef tried = services.accounts.preview(account, key);
    refuse_fault(provider, key, !tried->own_base_url);
    co_await check(services, provider, tried);

    if (tried->own_base_url) account.base_url = tried->place.base_url;  // in an environment it may be gone tomorrow
    wire::AccountChange change;
    const std::string left = co_await keep(services, std::move(account), std::move(key), choice);
    change.done = true;
    KnownAccount stored = known_account(tried);
    stored.source = choice.store;
    change.account = view_account(services, stored);
    if (!choice.reason.empty())
        change.notes.push_back(
            fmt::format("kept in {} because {}; --store names another", choice.store, choice.reason));
    if (!left.empty()) change.notes.push_back(left);
    co_return reply_with(change);
}

Task<ApiReply> clear_account(Services& services, const ApiRequest& request) {
    const ProviderView provider = services.accounts.provider(request.param("provider"));
    const std::string name = services.accounts.name_meant(provider.name, request.credential);
    const bool revoke = request.query_flag("revoke");
    wire::AccountChange change;
    const std::optional<KnownAccount> account = stored_account(services, provider.name, name);
    if (!account) throw nothing_stored(services, provider, name, request.credential);
    change.account = view_account(services, *account);
    const Place place = co_await place_of(services, *account);
    std::vector<KeyRow> keys = keys_of(services, name, place);
    if (!keys.empty() && !revoke) {
        throw Error{Code::busy,  "{} {} of the account {} {} not revoked",
                    keys.size(), keys.size() == 1 ? "key" : "keys",
                    name,        keys.size() == 1 ? "is" : "are"}
            .hint("With --yes they are revoked first, and their sessions end.");
    }
    const std::vector<SessionRow> sessions = sessions_of(services, *account);
    if (!sessions.empty() && !revoke) {
        throw Error{Code::busy, "{} {} with the account {}", sessions.size(),
                    sessions.size() == 1 ? "session works" : "sessions work", name}
            .hint("With --yes they are ended first.");
    }
    for (const SessionRow& each : sessions)
        services.sessions.end(each.id, "account_removed", std::nullopt, request.actor);
    change.keys = co_await revoke_all(services, std::move(keys), request.actor);
    if (!change.keys.empty()) co_return reply_with(change, 202);
    co_await services.accounts.erase(provider.name, name);
    change.done = true;
    for (const KnownAccount& each : services.accounts.known(request.credential)) {
        if (!each.name.empty() || each.place.provider != provider.name) continue;
        change.notes.push_back(
            fmt::format("an {} still comes from {}", provider.credential(), services.accounts.where(each)));
        break;
    }
    co_return reply_with(change);
}

}  // namespace eph
