// Accounts that came with requests: kept for what is to come, in bounds, for as long as anything may need them.
#include <algorithm>

#include "daemon/accounts/accounts.hpp"

namespace eph {
namespace {

// Of one place. More than a person has for a project; and each is tried, where the others are refused.
constexpr std::ptrdiff_t most_of_a_place = 16;

}  // namespace

void Accounts::remember(const Credential& from_client) {
    if (from_client.secret.empty() || !from_client.account.empty()) return;
    refresh();
    const AccountRef account = make(outline(from_client.provider, from_client));
    if (!account) return;
    keep(account);
    announce(account);
}

void Accounts::keep(const AccountRef& account) {
    const bool known = std::any_of(from_clients_.begin(), from_clients_.end(), [&](const AccountRef& each) {
        return each->place == account->place && each->fingerprint == account->fingerprint;
    });
    if (known) return;
    make_room(account->place);
    from_clients_.push_back(account);
}

// The one that came first goes; but of those with which something is under way, or with which an unsettled key was
// made, none does while there is another.
void Accounts::make_room(const Place& place) {
    const auto here = [&](const AccountRef& each) { return each->place == place; };
    if (std::count_if(from_clients_.begin(), from_clients_.end(), here) < most_of_a_place) return;
    const std::set<std::string> used = in_use ? in_use(place) : std::set<std::string>{};
    const auto idle = [&](const AccountRef& each) {
        return here(each) && each.use_count() == 1 && !used.contains(each->fingerprint);
    };
    auto first = std::find_if(from_clients_.begin(), from_clients_.end(), idle);
    if (first == from_clients_.end()) first = std::find_if(from_clients_.begin(), from_clients_.end(), here);
    announced_.erase({(*first)->place, (*first)->fingerprint});
    from_clients_.erase(first);
}

// The last one of a place stays: what is to be revoked there could be by no other, should the refusal pass. It stays
// announced: if a client sends the same key again, nothing is due for that.
void Accounts::drop_client(const AccountRef& refused) {
    const auto others = candidates(refused->place, "", 0);
    const bool last = std::none_of(others.begin(), others.end(), [&](const KnownAccount& each) {
        return (each.account || each.in_store) && each.fingerprint != refused->fingerprint;
    });
    if (last) return;
    std::erase_if(from_clients_, [&](const AccountRef& each) {
        return each->place == refused->place && each->fingerprint == refused->fingerprint;
    });
}

void Accounts::forget_clients_except(const std::set<Place>& needed) {
    std::erase_if(from_clients_, [&](const AccountRef& account) {
        if (needed.contains(account->place)) return false;
        announced_.erase({account->place, account->fingerprint});
        return true;
    });
}

}  // namespace eph
