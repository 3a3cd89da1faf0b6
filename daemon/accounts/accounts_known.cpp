// All accounts that there are, and which of them can revoke a key.
#include <algorithm>
#include <tuple>

#include "common/error.hpp"
#include "daemon/accounts/accounts.hpp"

namespace eph {
namespace {

Error missing_at(const Place& place) {
    if (makes_keys_at(place.provider)) {
        return Error{Code::no_account, "no account for project {} at {} is loaded", place.project, place.base_url}.hint(
            "Run eph auth setup, or set OPENAI_ADMIN_KEY and OPENAI_PROJECT_ID.");
    }
    return Error{Code::no_account, "no account of the provider {} at {} is loaded", place.provider, place.base_url}
        .hint("Run: " + setup_command(place.provider));
}

}  // namespace

// Never throws for a mistake in what is configured: that becomes the account's problem.
KnownAccount Accounts::describe(const Outline& outline) const {
    KnownAccount known;
    known.name = outline.name;
    const ProviderView& provider = outline.provider;
    known.place = {provider.name, provider.makes_keys ? outline.project : "",
                   outline.base_url.empty() ? provider.base_url : outline.base_url};
    known.source = outline.source;
    known.makes_keys = provider.makes_keys;
    known.fingerprint = outline.fingerprint;
    try {
        if (known.place.base_url.empty()) throw missing(outline);
        const BaseUrl base = place_of(outline);
        known.place.base_url = base.text();
        known.own_base_url = provider.own_base_url.empty() || base != base_url_for(provider, provider.own_base_url);
        known.account = make(outline);
        if (known.account) known.fingerprint = known.account->fingerprint;
    } catch (const Error& error) {
        known.problem = error.message();
    }
    known.in_store = !known.account && outline.slot.has_value();
    if (!known.account && known.problem.empty()) {
        if (outline.slot) known.problem = vault_.problem(*outline.slot);
        if (outline.key != nullptr && provider.makes_keys && outline.project.empty())
            known.problem = "no project is named";
    }
    return known;
}

std::vector<KnownAccount> Accounts::known(const Credential& from_client) {
    refresh();
    std::vector<KnownAccount> all;
    std::set<std::tuple<Place, std::string, std::string>> seen;  // clients may have sent many
    const auto add = [&](KnownAccount each) {
        if (each.source.empty()) return;
        if (seen.emplace(each.place, each.fingerprint, each.name).second) all.push_back(std::move(each));
    };
    const std::string meant = canonical_provider(from_client.provider);
    const std::vector<std::string> names = provider_names(config_);
    const bool there = std::find(names.begin(), names.end(), meant) != names.end();
    const bool says_nothing = from_client.empty() && from_client.account.empty();
    if (there && !says_nothing && (from_client.account.empty() || config_.find(meant, from_client.account) != nullptr))
        add(describe(outline(meant, from_client)));
    if (there) add(describe(outline(meant, Credential{})));
    for (const auto& [name, found] : found_) {
        if (!there || name != meant) add(describe(outline(name, Credential{})));
    }
    for (const StoredAccount& each : config_.accounts) add(describe(outline(each)));
    for (const AccountRef& each : from_clients_) add(known_account(each));
    return all;
}

std::vector<AccountRef> Accounts::loaded() {
    std::vector<AccountRef> accounts;
    std::set<std::pair<Place, std::string>> seen;
    for (const KnownAccount& each : known(Credential{})) {
        if (!each.account || !seen.emplace(each.place, each.fingerprint).second) continue;
        announce(each.account);
        accounts.push_back(each.account);
    }
    return accounts;
}

std::string Accounts::where(const KnownAccount& account) const {
    if (account.source == "client") return "the environment of eph";
    if (account.source == "environment") return "the environment of ephd";
    if (account.source == "none") return "nowhere: it needs no key";
    if (account.source == "credential") return "the credentials that systemd gave to ephd";
    if (account.source == file_store) return file_.string();
    const StoredAccount* stored = config_.find(account.place.provider, account.name);
    return stored == nullptr ? account.source : find_store(account.source).where(Slot{*stored});
}

std::vector<KnownAccount> Accounts::candidates(const Place& place, const std::string& fingerprint,
                                               std::int64_t attempt) {
    std::vector<KnownAccount> fitting = known(Credential{});
    std::erase_if(fitting, [&](const KnownAccount& each) {
        const bool unknown_project = each.place.project.empty() && !each.account &&
                                     each.place.provider == place.provider && each.place.base_url == place.base_url;
        return each.place != place && !unknown_project;
    });
    const auto rank = [&](const KnownAccount& each) {
        return (each.account ? 0 : 2) + (each.fingerprint == fingerprint ? 0 : 1);
    };
    std::stable_sort(fitting.begin(), fitting.end(),
                     [&](const KnownAccount& one, const KnownAccount& other) { return rank(one) < rank(other); });
    // Every other attempt is the best one's: of the others there may be many, none of which is right.
    if (attempt % 2 == 1 && fitting.size() > 1) {
        const auto others = fitting.begin() + 1;
        const auto next = static_cast<std::ptrdiff_t>(static_cast<std::size_t>(attempt / 2) % (fitting.size() - 1));
        std::rotate(others, others + next, fitting.end());
        std::swap(fitting.front(), *others);
    }
    return fitting;
}

bool Accounts::must_ask(const Place& place, const std::string& fingerprint, std::int64_t attempt) {
    const std::vector<KnownAccount> fitting = candidates(place, fingerprint, attempt);
    return !fitting.empty() && fitting.front().in_store;
}

bool Accounts::configured(const Place& place) {
    const std::vector<KnownAccount> fitting = candidates(place, "", 0);
    return std::any_of(fitting.begin(), fitting.end(), [](const KnownAccount& each) { return each.in_store; });
}

Task<void> Accounts::load(std::string provider, std::string name, Asker asker) {
    const StoredAccount* stored = config_.find(provider, name);
    if (stored == nullptr) co_return;
    const Slot slot{*stored};
    co_await vault_.load(slot, config_.store_timeout, asker);
    (void)loaded();  // announces what there is now
}

Task<std::vector<AccountRef>> Accounts::all(std::vector<std::string>& problems) {
    for (const KnownAccount& each : known(Credential{})) {
        if (!each.in_store || !each.makes_keys) continue;
        try {
            co_await load(each.place.provider, each.name, Asker::person);
        } catch (const Error& error) {
            problems.push_back(error.message());
        }
    }
    std::vector<AccountRef> makers = loaded();
    std::erase_if(makers, [](const AccountRef& account) { return !account->makes_keys; });
    co_return makers;
}

Task<AccountRef> Accounts::for_place(Place place, std::string fingerprint, std::int64_t attempt, Asker asker) {
    const std::vector<KnownAccount> fitting = candidates(place, fingerprint, attempt);
    std::optional<Error> problem;
    for (const KnownAccount& each : fitting) {
        if (each.account) co_return each.account;
        if (!each.in_store) continue;
        try {
            co_await load(each.place.provider, each.name, asker);
        } catch (const Error& error) {
            problem = error;
        }
        for (const AccountRef& account : loaded()) {
            if (account->place == place) co_return account;
        }
    }
    if (problem) throw Error{*problem};
    throw missing_at(place);
}

Task<AccountRef> Accounts::again(Place place, std::string fingerprint) {
    const std::vector<KnownAccount> fitting = candidates(place, fingerprint, 0);
    // Another account's credential is another's money: one whose key has changed must be the only one there.
    const bool only = fitting.size() == 1;
    std::optional<Error> problem;
    for (const KnownAccount& each : fitting) {
        if (!only && !each.fingerprint.empty() && each.fingerprint != fingerprint) continue;
        if (!each.account && each.in_store) {
            try {
                co_await load(each.place.provider, each.name, Asker::person);
            } catch (const Error& error) {
                problem = error;
            }
        }
        for (const AccountRef& account : loaded()) {
            if (account->place == place && (only || account->fingerprint == fingerprint)) co_return account;
        }
    }
    if (problem) throw Error{*problem};
    if (fingerprint.empty()) {  // it needs no key, and so there may be nothing known of it
        const AccountRef open = make(outline(place.provider, Credential{}));
        if (open && open->place == place && open->secret.empty()) co_return open;
    }
    throw Error{Code::no_account, "ephd no longer has the account at {} that this session works with", place.base_url}
        .hint("Run: " + setup_command(place.provider));
}

}  // namespace eph
