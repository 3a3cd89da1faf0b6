// Reading the project's lists, all pages of them, and what is remembered of them.
#include <algorithm>
#include <unordered_set>

#include "common/async/within.hpp"
#include "common/text.hpp"
#include "daemon/providers/openai.hpp"
#include "daemon/providers/openai_json.hpp"
#include "daemon/providers/openai_paths.hpp"

namespace eph {
namespace {

constexpr std::size_t page_size = 100;  // the most that the API takes
constexpr std::size_t most_items = 100'000;
constexpr std::size_t most_bytes = 64 * 1024 * 1024;
constexpr std::chrono::minutes longest_list{3};  // all pages together

// What a reading of all pages has come to. A list that does not end, or is larger than any project's, is a fault of the
// provider's, which must take neither the memory nor the time of what else there is to do.
class Pages {
public:
    explicit Pages(std::string_view of) : of_(of) {}

    // Throws Error{provider_unreadable} where there is no point in asking for the next one. `fresh`: how many of the
    // page's items had not come before.
    template <class Item>
    void took(const openai_json::Page<Item>& page, std::size_t bytes, std::size_t items, std::size_t fresh) {
        items_ += items;
        bytes_ += bytes;
        if (items > page_size) throw unreadable("gives more at once than was asked for");
        if (items_ > most_items || bytes_ > most_bytes) throw unreadable("does not end");
        if (!page.has_more) return;
        if (page.last_id.empty() || page.last_id == after_)
            throw unreadable("has more pages but does not say where they begin");
        if (fresh == 0) throw unreadable("has more pages but brings nothing new");
        after_ = page.last_id;
    }
    std::string path(const AccountRef& account, std::string_view what) const {
        return project_path(account, what) + (after_.empty() ? "" : "&after=" + percent_encoded(after_));
    }

private:
    Error unreadable(std::string_view why) const {
        return Error{Code::provider_unreadable, "OpenAI's list of {} {}", of_, why};
    }

    std::string of_;
    std::string after_;
    std::size_t items_ = 0;
    std::size_t bytes_ = 0;
};

std::string too_slow(const AccountRef& account) {
    return fmt::format("{} did not give the whole list of project {} within {} min", account->base.authority(),
                       account->place.project, longest_list.count());
}

}  // namespace

Task<std::vector<Listed>> OpenAi::list_kind(AccountRef account, bool users, bool* several_pages) {
    std::vector<Listed> all;
    std::unordered_set<std::string> seen;  // pages shift while they are read
    Pages pages{"service accounts"};
    for (;;) {
        std::string path =
            pages.path(account, fmt::format("{}?limit={}", users ? "users" : "service_accounts", page_size));
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
        const std::size_t before = all.size();
        for (Listed& each : page.items) {
            if (seen.insert(each.id).second) all.push_back(std::move(each));
        }
        pages.took(page, answer.body.size(), page.items.size(), all.size() - before);
        if (!page.has_more) co_return all;
        if (several_pages != nullptr) *several_pages = true;
    }
}

Task<std::vector<Listed>> OpenAi::list(AccountRef account, bool* several_pages) {
    std::string sentence = too_slow(account);
    co_return co_await within(longest_list, list_all(account, several_pages), std::move(sentence));
}

Task<std::vector<Listed>> OpenAi::list_all(AccountRef account, bool* several_pages) {
    std::vector<Listed> all = co_await list_kind(account, false, several_pages);
    std::vector<Listed> users = co_await list_kind(account, true, several_pages);
    remember(account->place, all, users);
    std::unordered_set<std::string> known;
    for (const Listed& each : all) known.insert(each.id);
    for (Listed& user : users) {
        if (user.name.starts_with("eph-") && !known.contains(user.id)) all.push_back(std::move(user));
    }
    co_return all;
}

Task<std::vector<ListedKey>> OpenAi::list_keys(AccountRef account) {
    std::string sentence = too_slow(account);
    co_return co_await within(longest_list, list_all_keys(account), std::move(sentence));
}

Task<std::vector<ListedKey>> OpenAi::list_all_keys(AccountRef account) {
    std::vector<ListedKey> all;
    std::unordered_set<std::string> seen;
    Pages pages{"API keys"};
    for (;;) {
        std::string path = pages.path(account, fmt::format("api_keys?limit={}&owner_project_access=any", page_size));
        const HttpResponse answer = co_await ask(account, "GET", std::move(path));
        if (!succeeded(answer)) throw openai_json::refusal(account, answer, "list API keys");
        auto page = openai_json::keys(answer.body);
        const std::size_t before = all.size();
        for (ListedKey& each : page.items) {
            if (seen.insert(each.id).second) all.push_back(std::move(each));
        }
        pages.took(page, answer.body.size(), page.items.size(), all.size() - before);
        if (!page.has_more) co_return all;
    }
}

void OpenAi::forget_lists_except(const std::set<Place>& needed) {
    std::erase_if(listed_, [&](const auto& each) { return !needed.contains(each.first); });
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

void OpenAi::remember(const Place& place, const std::vector<Listed>& accounts, const std::vector<Listed>& users) {
    const std::hash<std::string> hash;
    Hashes hashes;
    hashes.names_by_id.reserve(accounts.size() + users.size());
    hashes.ids_by_name.reserve(accounts.size() + users.size());
    for (const auto* list : {&accounts, &users}) {
        for (const Listed& each : *list) {
            hashes.names_by_id.emplace_back(hash(each.id), hash(each.name));
            hashes.ids_by_name.emplace_back(hash(each.name), hash(each.id));
        }
    }
    std::sort(hashes.names_by_id.begin(), hashes.names_by_id.end());
    std::sort(hashes.ids_by_name.begin(), hashes.ids_by_name.end());
    listed_[place] = std::move(hashes);
}

}  // namespace eph
