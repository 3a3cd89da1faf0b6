// The calls that eph makes of the Admin API, and what their answers mean.
#include "daemon/providers/openai.hpp"

#include <algorithm>

#include "common/text.hpp"
#include "daemon/providers/openai_json.hpp"
#include "daemon/providers/openai_paths.hpp"

namespace eph {
namespace {

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
