// All pages of every account's lists, joined by id and by name.
#include "daemon/api/provider_keys.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "common/error.hpp"
#include "common/key_name.hpp"
#include "common/text.hpp"
#include "daemon/api/views.hpp"

namespace eph {
namespace {

// By every text that leads to a key: its own id, its owner's, its owner's name.
class LastUsed {
public:
    void add(const ListedKey& key) {
        if (!key.last_used) return;
        for (const std::string* text : {&key.id, &key.owner_id, &key.owner_name}) {
            if (!text->empty()) moments_[*text] = std::max(moments_[*text], *key.last_used);
        }
    }
    void tell(wire::Key& document, const KeyRow& row) const {
        for (const std::string* text : {&row.api_key_id, &row.service_account_id, &row.name, &row.next_name}) {
            const auto found = text->empty() ? moments_.end() : moments_.find(*text);
            if (found == moments_.end()) continue;
            document.last_used_at = to_millis(found->second) / 1000;
            return;
        }
    }

private:
    std::map<std::string, Timestamp> moments_;
};

void say(wire::KeyList& list, const std::string& what) { list.note += (list.note.empty() ? "" : "; ") + what; }

struct Found {
    AccountRef account;
    Listed listed;
};

// What each place lists, asked through the first of its accounts that can.
struct Everything {
    std::vector<Found> accounts;
    std::vector<std::pair<AccountRef, ListedKey>> keys;
    std::optional<Error> accounts_failure;
    std::optional<Error> keys_failure;
};

Task<void> read_accounts(Services& services, const AskedAccounts& asked, Everything& all) {
    std::set<Place> done;
    for (const AccountRef& account : asked.accounts) {
        if (done.contains(account->place)) continue;
        try {
            std::vector<Listed> listed = co_await services.openai.list(account);
            for (Listed& each : listed) all.accounts.push_back({account, std::move(each)});
            done.insert(account->place);
        } catch (const Error& error) {
            all.accounts_failure = error;
        }
    }
}

Task<void> read_keys(Services& services, const AskedAccounts& asked, Everything& all) {
    std::set<Place> done;
    for (const AccountRef& account : asked.accounts) {
        if (done.contains(account->place)) continue;
        try {
            std::vector<ListedKey> listed = co_await services.openai.list_keys(account);
            for (ListedKey& each : listed) all.keys.emplace_back(account, std::move(each));
            done.insert(account->place);
        } catch (const Error& error) {
            all.keys_failure = error;
        }
    }
}

Error not_ours(const std::string& name) {
    return Error{Code::forbidden, "'{}' is not a key that eph made, so eph leaves it alone", printable(name, 80)};
}

// The owner of the API key of that id, if there is such a key.
std::optional<Found> owner_of_key(const Everything& all, const std::string& id) {
    for (const auto& [account, key] : all.keys) {
        if (key.id != id) continue;
        for (const Found& each : all.accounts) {
            if (each.account->place != account->place) continue;
            if (each.listed.id == key.owner_id || (!key.owner_name.empty() && each.listed.name == key.owner_name))
                return each;
        }
        throw not_ours(key.owner_name.empty() ? id : key.owner_name);
    }
    return std::nullopt;
}

KeyRow take_over(Services& services, const Everything& all, Found found) {
    const std::string& name = found.listed.name;
    if (!parse_key_name(name)) throw not_ours(name);
    const auto same = std::count_if(all.accounts.begin(), all.accounts.end(), [&](const Found& each) {
        return each.listed.name == name && each.account->place == found.account->place;
    });
    if (same > 1) found.listed.id.clear();  // several of one name go by their name
    if (const auto known = services.ledger.key_by_name(name)) {
        if (!may_speak_of(found.account->place, *known)) {
            throw Error{Code::forbidden,
                        "{} lists the name of key {}, which is project {}'s at {}",
                        found.account->base.authority(),
                        known->id.text(),
                        known->place.project,
                        known->place.base_url}
                .hint("To revoke that key: eph keys revoke " + known->id.text());
        }
        services.ledger.revive(known->id, found.listed.id);
        return services.ledger.key(known->id).value();
    }
    return services.ledger.key(services.janitor.adopt(found.account, found.listed, "asked")).value();
}

}  // namespace

Task<void> add_provider_side(Services& services, const AskedAccounts& asked, const std::vector<KeyRow>& rows,
                             wire::KeyList& list) {
    Everything all;
    for (const std::string& note : asked.notes) say(list, note);
    co_await read_accounts(services, asked, all);
    if (all.accounts_failure) say(list, "keys of other machines are not all shown: " + all.accounts_failure->message());
    co_await read_keys(services, asked, all);
    if (all.keys_failure) say(list, "when keys were last used is not all known: " + all.keys_failure->message());

    LastUsed used;
    for (const auto& [account, key] : all.keys) used.add(key);
    for (std::size_t i = 0; i < rows.size(); ++i) used.tell(list.keys[i], rows[i]);
    std::set<std::string> shown;  // one project may be reached at several base URLs
    for (const Found& each : all.accounts) {
        if (!parse_key_name(each.listed.name) || services.ledger.key_by_name(each.listed.name)) continue;
        if (!shown.insert(each.listed.name + " " + each.listed.id).second) continue;
        const KeyRow row = row_of(each.account, each.listed);
        wire::Key key = view(row);
        used.tell(key, row);
        list.keys.push_back(std::move(key));
    }
}

Task<std::optional<KeyRow>> adopt_from_provider(Services& services, const AskedAccounts& asked, std::string reference) {
    Everything all;
    co_await read_accounts(services, asked, all);
    for (const Found& each : all.accounts) {
        if (each.listed.id == reference || each.listed.name == reference) co_return take_over(services, all, each);
    }
    co_await read_keys(services, asked, all);
    std::optional<Found> found = owner_of_key(all, reference);
    if (found) co_return take_over(services, all, std::move(*found));
    // Nothing was found, but not everything was seen.
    if (all.accounts_failure) throw Error{*all.accounts_failure};
    if (all.keys_failure) throw Error{*all.keys_failure};
    co_return std::nullopt;
}

}  // namespace eph
