// The calls that eph makes of the Admin API, and what their answers mean.
#include "daemon/providers/openai.hpp"

#include <algorithm>
#include <set>

#include "common/text.hpp"
#include "daemon/providers/openai_json.hpp"
#include "daemon/providers/openai_paths.hpp"

namespace eph {
namespace {

constexpr std::size_t page_size = 100;      // the most that the API takes
constexpr std::size_t most_pages = 10'000;  // a list that never ends is a fault of the provider's

Failed failed(const AccountRef& account, const HttpResponse& answer, std::string_view what) {
    return {openai_json::refusal(account, answer, what).message(), answer.retry_after};
}

}  // namespace

Task<HttpResponse> OpenAi::ask(AccountRef account, const char* method, std::string path, std::string body) {
    HttpRequest request{method, std::move(path), std::move(body)};
    HttpResponse answer = co_await https_.send(account->base, std::move(request), account->secret);
    if (answer.status == 401 && on_denied) on_denied(account);
    co_return answer;
}

// A provider that mixes its accounts up may have answered a creation with the id of another one.
bool OpenAi::is_somebody_elses(const Place& place, const std::string& id, const std::string& name,
                               const std::string& other_name) const {
    const auto list = listed_.find(place);
    if (list == listed_.end()) return false;
    const std::hash<std::string> hash;
    const auto& ids = list->second.names_by_id;
    const auto found = std::lower_bound(ids.begin(), ids.end(), std::pair{hash(id), std::size_t{0}});
    if (found == ids.end() || found->first != hash(id)) return false;
    return found->second != hash(name) && (other_name.empty() || found->second != hash(other_name));
}

// A provider that carries a creation out twice tells of one account alone.
bool OpenAi::has_another(const Place& place, const std::string& id, const std::string& name,
                         const std::string& other_name) const {
    const auto list = listed_.find(place);
    if (list == listed_.end()) return false;
    const std::hash<std::string> hash;
    const auto& ids = list->second.ids_by_name;
    const auto of_others = [&](const std::string& each) {
        const auto from = std::lower_bound(ids.begin(), ids.end(), std::pair{hash(each), std::size_t{0}});
        for (auto at = from; at != ids.end() && at->first == hash(each); ++at) {
            if (at->second != hash(id)) return true;
        }
        return false;
    };
    return of_others(name) || (!other_name.empty() && of_others(other_name));
}

void OpenAi::remember(const Place& place, const std::vector<Listed>& listed) {
    const std::hash<std::string> hash;
    Hashes hashes;
    hashes.names_by_id.reserve(listed.size());
    hashes.ids_by_name.reserve(listed.size());
    for (const Listed& each : listed) {
        hashes.names_by_id.emplace_back(hash(each.id), hash(each.name));
        hashes.ids_by_name.emplace_back(hash(each.name), hash(each.id));
    }
    std::sort(hashes.names_by_id.begin(), hashes.names_by_id.end());
    std::sort(hashes.ids_by_name.begin(), hashes.ids_by_name.end());
    listed_[place] = std::move(hashes);
}

// Absent means no more than "not by this id", also where the answer speaks of another one: the list by name has the
// last word.
Task<RevokeAnswer> OpenAi::remove(AccountRef account, std::string id) {
    for (const bool as_user : {false, true}) {
        const HttpResponse answer = co_await ask(
            account, "DELETE",
            project_path(account, fmt::format("{}/{}", as_user ? "users" : "service_accounts", percent_encoded(id))));
        const bool elsewhere = answer.status == 404 || answer.status == 400;  // 400: an id of the other kind
        const bool no_users_here = as_user && (answer.status == 403 || answer.status == 405);
        if (elsewhere || no_users_here) continue;
        if (!succeeded(answer)) co_return failed(account, answer, "delete a service account");
        switch (openai_json::deleted(answer.body, id)) {
            case openai_json::Deletion::confirmed:
                co_return Confirmed{};
            case openai_json::Deletion::of_another:
                co_return Absent{};
            case openai_json::Deletion::denied:
                co_return Failed{"OpenAI answered a deletion without confirming it", std::nullopt};
        }
    }
    co_return Absent{};
}

Task<RevokeAnswer> OpenAi::remove_by_name(AccountRef account, std::string name, std::string other_name) {
    const auto has_it = [&](const Listed& each) {
        return each.name == name || (!other_name.empty() && each.name == other_name);
    };
    bool several_pages = false;
    std::vector<Listed> listed = co_await list(account, &several_pages);
    // Between two pages an account may slip from the later one to the earlier one, and be in neither.
    if (several_pages && std::none_of(listed.begin(), listed.end(), has_it)) listed = co_await list(account);
    RevokeAnswer outcome = Absent{};
    for (const Listed& each : listed) {
        if (!has_it(each)) continue;
        outcome = co_await remove(account, each.id);
        if (std::holds_alternative<Absent>(outcome)) {
            outcome = Failed{
                fmt::format("OpenAI lists the service account {} and refuses to delete it", printable(each.id, 80)),
                {}};
        }
        if (std::holds_alternative<Failed>(outcome)) break;
    }
    co_return outcome;
}

Task<RevokeAnswer> OpenAi::revoke(AccountRef account, std::string service_account_id, std::string name,
                                  std::string other_name) {
    try {
        RevokeAnswer by_id = Absent{};
        if (!service_account_id.empty() && !is_somebody_elses(account->place, service_account_id, name, other_name)) {
            by_id = co_await remove(account, service_account_id);
        }
        if (std::holds_alternative<Failed>(by_id)) co_return by_id;
        const bool gone = std::holds_alternative<Confirmed>(by_id);
        if (gone && !has_another(account->place, service_account_id, name, other_name)) co_return by_id;
        RevokeAnswer by_name = co_await remove_by_name(account, std::move(name), std::move(other_name));
        if (gone && std::holds_alternative<Absent>(by_name)) co_return by_id;
        co_return by_name;
    } catch (const TransportError& error) {
        co_return Failed{error.message(), std::nullopt};
    } catch (const Error& error) {
        co_return Failed{error.message(), std::nullopt};
    }
}

Task<std::vector<Listed>> OpenAi::list_kind(AccountRef account, bool users, bool* several_pages) {
    std::vector<Listed> all;
    std::set<std::string> seen;  // pages shift while they are read
    std::string after;
    for (std::size_t pages = 0; pages < most_pages; ++pages) {
        std::string path =
            project_path(account, fmt::format("{}?limit={}", users ? "users" : "service_accounts", page_size));
        if (!after.empty()) path += "&after=" + percent_encoded(after);
        const HttpResponse answer = co_await ask(account, "GET", std::move(path));
        if (!succeeded(answer)) {
            // Where there is no such list, or the admin key may not see it, service accounts are not kept among the
            // users.
            const bool no_list = answer.status == 400 || answer.status == 403 || answer.status == 404 ||
                                 answer.status == 405 || answer.status == 501;
            if (users && no_list) co_return all;
            throw openai_json::refusal(account, answer, "list service accounts");
        }
        auto page = openai_json::accounts(answer.body, users);
        for (Listed& each : page.items) {
            if (seen.insert(each.id).second) all.push_back(std::move(each));
        }
        if (!page.has_more) co_return all;
        if (page.last_id.empty() || page.last_id == after) {
            throw Error{Code::provider_unreadable,
                        "OpenAI's list of service accounts has more pages but does not say where they begin"};
        }
        after = page.last_id;
        if (several_pages != nullptr) *several_pages = true;
    }
    throw Error{Code::provider_unreadable, "OpenAI's list of service accounts does not end"};
}

Task<std::vector<Listed>> OpenAi::list(AccountRef account, bool* several_pages) {
    std::vector<Listed> all = co_await list_kind(account, false, several_pages);
    std::vector<Listed> users = co_await list_kind(account, true, several_pages);
    std::vector<Listed> everybody = all;
    everybody.insert(everybody.end(), users.begin(), users.end());
    remember(account->place, everybody);
    for (Listed& user : users) {
        const bool known = std::any_of(all.begin(), all.end(), [&](const Listed& each) { return each.id == user.id; });
        if (!known && user.name.starts_with("eph-")) all.push_back(std::move(user));
    }
    co_return all;
}

Task<std::vector<ListedKey>> OpenAi::list_keys(AccountRef account) {
    std::vector<ListedKey> all;
    std::string after;
    for (std::size_t pages = 0; pages < most_pages; ++pages) {
        std::string path = project_path(account, fmt::format("api_keys?limit={}&owner_project_access=any", page_size));
        if (!after.empty()) path += "&after=" + percent_encoded(after);
        const HttpResponse answer = co_await ask(account, "GET", std::move(path));
        if (!succeeded(answer)) throw openai_json::refusal(account, answer, "list API keys");
        auto page = openai_json::keys(answer.body);
        std::move(page.items.begin(), page.items.end(), std::back_inserter(all));
        if (!page.has_more || page.last_id.empty() || page.last_id == after) co_return all;
        after = page.last_id;
    }
    co_return all;
}

Task<bool> OpenAi::exists(AccountRef account, std::string service_account_id) {
    for (const char* kind : {"service_accounts", "users"}) {
        const HttpResponse answer = co_await ask(
            account, "GET", project_path(account, fmt::format("{}/{}", kind, percent_encoded(service_account_id))));
        if (answer.status != 404) co_return true;  // also when it cannot tell: only a clear no counts
    }
    co_return false;
}

Task<void> OpenAi::check(AccountRef account) {
    const HttpResponse answer = co_await ask(account, "GET", project_path(account, "service_accounts?limit=1"));
    if (!succeeded(answer)) throw openai_json::refusal(account, answer, "list service accounts");
    (void)openai_json::accounts(answer.body, false);
}

Task<bool> OpenAi::usable(AccountRef account, const Secret& key) {
    HttpRequest request{"GET", "/models", ""};
    const HttpResponse answer = co_await https_.send(account->base, std::move(request), key);
    co_return answer.status != 401;
}

}  // namespace eph
